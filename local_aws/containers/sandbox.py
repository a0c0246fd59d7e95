"""A container's private ``/opt/ml`` without a container engine.

``enter`` wraps a command line; the launcher it puts in front (``launcher.py``) makes a mount namespace in which the
job's own folder *is* ``/opt/ml``, then becomes the command: same process id, same exit code, same signals.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from local_aws.containers.own_images import Mount

CONTAINER_ROOT = "/opt/ml"
_LAUNCHER = Path(__file__).parent / "launcher.py"


def enter(
    root: Path,
    argv: Sequence[str],
    cwd: str = CONTAINER_ROOT,
    *,
    mounts: Sequence[Mount] = (),
    read_only: Sequence[str] = (),
    network: bool = True,
    hosts_file: Path | None = None,
) -> list[str]:
    """The command line that runs ``argv`` with ``root`` as its ``/opt/ml``.

    Where the machine refuses namespaces (macOS, some hardened hosts), the launcher says so on stderr and replaces
    ``/opt/ml`` in the arguments and environment variables by ``root`` instead: programs that take their paths from
    SM_* variables or arguments still work, programs with ``/opt/ml`` in their code do not.
    ``LOCAL_AWS_SANDBOX=rewrite`` in local_aws's own environment asks for that.

    :param root: existing folder; everything the job writes below ``/opt/ml`` ends up in it.
    :param cwd: working directory as the container sees it; it must exist by then.
    :param mounts: more files and folders of the container, below ``/opt``.
    :param read_only: folders below ``/opt/ml`` that the container may not write to.
    :param network: False takes the network away (EnableNetworkIsolation), but for a loopback of its own.
    :param hosts_file: what the container finds as /etc/hosts; the machine's where none is given, or nothing is mounted.
    """
    settings = {
        "mode": os.environ.get("LOCAL_AWS_SANDBOX", "mount"),
        "root": str(root.resolve()),
        "cwd": cwd,
        "mounts": [[str(mount.source), mount.target] for mount in mounts],
        "read_only": list(read_only),
        "network": network,
        "hosts_file": str(hosts_file.resolve()) if hosts_file else None,
    }
    # -I -S: neither the job's PYTHON* variables nor site-packages may touch the launcher.
    return [sys.executable, "-I", "-S", str(_LAUNCHER), json.dumps(settings), *argv]


@cache
def has_namespaces() -> bool:
    """Whether this machine grants private mounts, tried once. Without them nothing can be made read-only."""
    with tempfile.TemporaryDirectory() as root:
        # Spelled so that the launcher, where it rewrites paths, leaves this one alone.
        argv = enter(Path(root), ["sh", "-c", "test \"$(pwd)\" = /opt/'ml'"])
        return subprocess.run(argv, check=False, capture_output=True).returncode == 0
