"""Makes ``.venv``: runs before anything is installed, so it needs Python's own library only.

``python3.11 yard/install.py`` does nothing when the environment is whole and of this ``requirements.txt`` and Python.
A half-made one, left by Ctrl-C or a full disk, is made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PYTHONS = ((3, 11), (3, 12), (3, 13))
_WANTED_DISK = 2_500_000_000


class InstallError(Exception):
    """What is missing, and what to do about it."""


def stamp(requirements: bytes, python: str) -> str:
    """What an environment was made from: another one needs another environment.

    :param python: the full version, e.g. ``3.11.7``.
    """
    return f"{hashlib.sha256(requirements).hexdigest()[:16]} python {python}"


def is_whole(venv: Path, wanted: str) -> bool:
    """Whether an environment was made to its end, and from what is wanted."""
    try:
        return (venv / "trainyard.stamp").read_text() == wanted and (venv / "bin" / "python").exists()
    except FileNotFoundError:
        return False


def check(root: Path) -> bool:
    """Whether the environment is whole, asked with its own Python."""
    return is_whole(root / ".venv", stamp((root / "requirements.txt").read_bytes(), _python()))


def install(root: Path) -> None:
    """Make the environment where it is not there yet.

    :raises InstallError: when it cannot be made.
    """
    python = _python()
    if sys.version_info[:2] not in _PYTHONS:
        raise InstallError(f"Python {python} does not do: use 3.11, 3.12 or 3.13, e.g. make PYTHON=python3.11 demo")
    requirements, venv = root / "requirements.txt", root / ".venv"
    wanted = stamp(requirements.read_bytes(), python)
    if is_whole(venv, wanted):
        return
    with _one_at_a_time(root):
        if is_whole(venv, wanted):  # another make did it while this one waited
            return
        began = time.monotonic()
        _check_disk(root)
        _make_venv(venv, python)
        (venv / "trainyard.stamp").unlink(missing_ok=True)
        (venv / "trainyard.half").touch()
        _fill(venv, requirements)
        (venv / "trainyard.half").unlink()
        (venv / "trainyard.stamp").write_text(wanted)
        _say(f"installed in {time.monotonic() - began:.0f} s")


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _make_venv(venv: Path, python: str) -> None:
    found = _version(venv)
    half = (venv / "trainyard.half").exists()
    if found == python and not half:
        return  # whole, but of other requirements: only the difference is installed
    if venv.exists():
        _say("making .venv again: " + ("it is half made" if half or found is None else f"it is of Python {found}"))
        shutil.rmtree(venv)
    else:
        _say(f"making .venv with Python {python}")
    result = subprocess.run([sys.executable, "-m", "venv", str(venv)], text=True, capture_output=True, check=False)
    if result.returncode:
        raise InstallError(
            f"Python cannot make an environment:\n{result.stdout}{result.stderr}"
            f"On Debian and Ubuntu: apt-get install python{python.rpartition('.')[0]}-venv"
        )


def _version(venv: Path) -> str | None:
    """The version of the environment's Python; None when it does not run."""
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        result = subprocess.run([venv / "bin" / "python", "-c", code], text=True, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()


def _fill(venv: Path, requirements: Path) -> None:
    python = str(venv / "bin" / "python")
    _say("installing what requirements.txt lists; the first time this takes a minute or two")
    # uv installs in a tenth of the time. Where it cannot be had, or cannot do it, pip does the same.
    has_uv = _runs([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
    if has_uv and _runs([python, "-m", "uv", "pip", "install", "--python", python, "-r", str(requirements)]):
        return
    _say("uv could not do it; pip does, more slowly")
    if not _runs([python, "-m", "pip", "install", "--disable-pip-version-check", "-r", str(requirements)]):
        raise InstallError("pip could not install requirements.txt; its reason stands above. Then run make again.")


def _runs(argv: list[str]) -> bool:
    return subprocess.run(argv, check=False).returncode == 0


def _check_disk(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < _WANTED_DISK:
        raise InstallError(f"The disk of {root} has {free / 1e9:.1f} GB left; the installation needs 2.5 GB.")


@contextlib.contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    state = root / ".trainyard"
    state.mkdir(mode=0o700, exist_ok=True)
    with (state / "install.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")
    sys.stderr.flush()


def main() -> int:
    """Install; 1 with a sentence when it cannot be done, 130 on Ctrl-C. ``--check`` only looks."""
    try:
        if sys.argv[1:] == ["--check"]:
            return 0 if check(ROOT) else 1
        install(ROOT)
    except (InstallError, OSError) as error:
        sys.stderr.write(f"✗ {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("✗ Interrupted; the next make goes on.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
