"""Processes that we started: known again by start time and mark, and never taken for a stranger's."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psutil

from yard.home import Home

#: In the environment of every process that we start, and of all that those start. Nobody sets it by hand.
MARK = "TRAINYARD_STARTED_FOR"

#: Two readings of a start time may differ by the kernel's clock tick.
_SAME_START_SECONDS = 0.05


def record(pid: int) -> dict[str, Any]:
    """What tells this process from a later one with the same number."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def find(known: dict[str, Any] | None) -> psutil.Process | None:
    """The process of a record, or None when it is gone, dead but unreaped, or its number is now a stranger's."""
    if not known:
        return None
    try:
        process = psutil.Process(int(known["pid"]))
        if abs(process.create_time() - float(known["created"])) > _SAME_START_SECONDS:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (psutil.Error, KeyError, ValueError):
        return None


def marked(home: Home) -> list[psutil.Process]:
    """Every living process that was started with our mark: also those of an earlier run that crashed.

    This process and those above it are not among them: a task of our Airflow may call this command line.
    """
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        with suppress(psutil.Error):
            if process.environ().get(MARK) == str(home.state) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end(targets: Iterable[psutil.Process], grace_seconds: float) -> list[psutil.Process]:
    """Ask processes to end (SIGTERM), after the grace end them (SIGKILL).

    :returns: those that are still there, which only happens to processes of another user.
    """
    alive = list(targets)
    for number, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        for process in alive:
            with suppress(psutil.Error):
                process.send_signal(number)
        alive = _wait(alive, patience)
        if not alive:
            break
    return alive


def _wait(targets: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    alive = [process for process in targets if _lives(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = [process for process in alive if _lives(process)]
    return alive


def _lives(process: psutil.Process) -> bool:
    try:
        # A zombie is dead: where nobody reaps orphans (a container without init), it stays in the table for ever.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
