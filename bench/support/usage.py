"""What a process has used so far."""

from __future__ import annotations

import resource
from pathlib import Path


def usage() -> dict[str, float]:
    """Return CPU seconds (``cpu``) and peak memory in MB (``mb``) of this process.

    The peak is the kernel's VmHWM: ``getrusage`` begins with that of the process that forked this one.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return {"cpu": used.ru_utime + used.ru_stime, "mb": peak / 1024}
