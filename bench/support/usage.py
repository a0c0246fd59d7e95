"""What a process has used so far."""

from __future__ import annotations

import resource
from pathlib import Path


def usage() -> dict[str, float]:
    """Return CPU seconds (``cpu``) and peak memory in MB (``mb``) of this process.

    The peak is not that of ``getrusage``, which begins with that of the process that forked this one.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "mb": peak()}


def peak(process: int | str = "self") -> float:
    """Return the peak memory in MB of a process: the kernel's VmHWM."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    (found,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return found / 1024


def forget_peak(process: int) -> None:
    """Let a process's peak begin anew with what it holds now (``proc(5)``, ``clear_refs``)."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
