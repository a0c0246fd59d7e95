"""A container's private ``/opt/ml`` without a container engine.

``enter`` wraps a command line; the launcher it puts in front (``launcher.py``) makes a mount namespace in which the
job's own folder *is* ``/opt/ml``, then becomes the command: same process id, same exit code, same signals.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CONTAINER_ROOT = "/opt/ml"
_LAUNCHER = Path(__file__).parent / "launcher.py"


def enter(root: Path, argv: list[str], cwd: str = CONTAINER_ROOT) -> list[str]:
    """The command line that runs ``argv`` with ``root`` as its ``/opt/ml``.

    Where the machine refuses mount namespaces (macOS, some hardened hosts), the launcher says so on stderr and
    replaces ``/opt/ml`` in the arguments and environment variables by ``root`` instead: programs that take their
    paths from SM_* variables or arguments still work, programs with ``/opt/ml`` in their code do not.
    ``LOCAL_AWS_SANDBOX=rewrite`` in local_aws's own environment asks for that.

    :param root: existing folder; everything the job writes below ``/opt/ml`` ends up in it.
    :param cwd: working directory as the container sees it; it must exist by then.
    """
    mode = os.environ.get("LOCAL_AWS_SANDBOX", "mount")
    # -I -S: neither the job's PYTHON* variables nor site-packages may touch the launcher.
    return [sys.executable, "-I", "-S", str(_LAUNCHER), mode, str(root.resolve()), cwd, *argv]
