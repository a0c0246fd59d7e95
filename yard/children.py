"""Processes forked from the supervisor: each in a session of its own, with a log file, ended as a whole group."""

import atexit
import ctypes
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from yard.processes import record

log = logging.getLogger("yard")

#: A log that has grown beyond this many bytes is set aside when its process starts.
_LOG_BYTES = 20_000_000
_PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


@dataclass
class Child:
    """A process to keep alive, and its history."""

    name: str
    body: Callable[[], object]
    log: Path
    pid: int = 0
    known: dict[str, Any] = field(default_factory=dict)
    #: When it was started, in seconds of the monotonic clock; the last one is the present life.
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Fork and become ``body`` there.

        :raises OSError: when the system has no process or no file left to give.
        """
        _set_aside(self.log)
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            supervisor = os.getpid()
            pid = os.fork()
            if pid == 0:
                _become(self.body, output, supervisor)
        finally:
            os.close(output)
        self.pid = pid
        self.known = record(pid)
        self.starts.append(time.monotonic())
        log.info("%s started, process %s", self.name, pid)

    def reap(self) -> int | None:
        """The exit code once it has ended (negative: the signal that ended it), else None."""
        if not self.pid:
            return None
        ended, status = os.waitpid(self.pid, os.WNOHANG)
        if not ended:
            return None
        self.signal(signal.SIGKILL)  # what outlived its leader would hold ports and go on unseen
        self.pid, self.known = 0, {}
        return os.waitstatus_to_exitcode(status)

    def signal(self, number: signal.Signals) -> None:
        """Signal the whole group."""
        if self.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


def end(children: Iterable[Child], grace_seconds: float) -> None:
    """Ask them all to end at once; after the grace end them. Returns when all are gone."""
    alive = [child for child in children if child.pid]
    for number, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 10.0)):
        for child in alive:
            child.signal(number)
        deadline = time.monotonic() + patience
        while alive and time.monotonic() < deadline:
            alive = [child for child in alive if child.reap() is None]
            time.sleep(0.02)


def _become(body: Callable[[], object], output: int, supervisor: int) -> NoReturn:
    """Run ``body`` in the fresh child and never return into the supervisor's code."""
    code = 1
    try:
        os.setsid()
        _die_with(supervisor)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        body()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        # What the interpreter does at its end; the stack below this frame is the supervisor's and must not unwind.
        with suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _die_with(supervisor: int) -> None:
    """Have Linux end this process when the supervisor is killed without a chance to do so itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != supervisor:
            os._exit(1)


def _set_aside(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
