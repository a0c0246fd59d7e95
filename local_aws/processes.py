"""Supervised process groups: every job, model server and Spark driver that local_aws starts is one of these."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from local_aws.state import Table

#: Whoever starts local_aws may set this variable: what local_aws starts carries it, too, and so can be found and ended
#: even when local_aws was killed.
MARK = "TRAINYARD_STARTED_FOR"


def _marks() -> dict[str, str]:
    return {MARK: os.environ[MARK]} if MARK in os.environ else {}


class ManagedProcess:
    """A running child in a session of its own, so that stopping it stops all that it started."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None,
        on_exit: Callable[["ManagedProcess"], None],
    ) -> None:
        self._popen = subprocess.Popen(
            argv,
            env={**env, **_marks()},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self._on_line = on_line
        self._on_exit = on_exit
        self._finished = threading.Event()
        self._output = threading.Thread(target=self._pump, name=f"output-of-{self.pid}", daemon=True)
        self._output.start()
        threading.Thread(target=self._reap, name=f"end-of-{self.pid}", daemon=True).start()

    @property
    def returncode(self) -> int | None:
        """The exit code (negative: the signal that ended it), or None while it runs."""
        return self._popen.returncode if self._finished.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ended and its last line was delivered.

        :param timeout: seconds.
        :raises subprocess.TimeoutExpired: when it still runs after that.
        """
        if not self._finished.wait(timeout):
            raise subprocess.TimeoutExpired(self._popen.args, timeout or 0.0)
        return int(self._popen.returncode)

    def kill(self) -> None:
        """End the whole group at once, without a word."""
        self._signal(signal.SIGKILL)

    def suspend(self) -> None:
        """Have the whole group stand still; only the end of it is heard then."""
        self._signal(signal.SIGSTOP)

    def stop(self, grace_seconds: float = 10.0) -> None:
        """Ask the whole group to end (SIGTERM); after the grace end it (SIGKILL). Returns when it is gone."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # one that is suspended would not hear it
        if not self._finished.wait(grace_seconds):
            self._signal(signal.SIGKILL)
            self._finished.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def _pump(self) -> None:
        assert self._popen.stdout is not None  # noqa: S101 - PIPE was asked for above
        with self._popen.stdout as output:
            for raw in output:
                self._deliver(raw.decode("utf-8", errors="replace").rstrip("\r\n"))

    def _deliver(self, line: str) -> None:
        if self._on_line is None:
            return
        try:
            self._on_line(line)
        except Exception:
            # A full disk must not stall the child on a full pipe: go on draining, say it once.
            logging.exception("the output of process %s cannot be kept any further", self.pid)
            self._on_line = None

    def _reap(self) -> None:
        self._popen.wait()
        # Children that outlived their leader would hold the pipe open, and run on unseen.
        self._signal(signal.SIGKILL)
        self._output.join()
        self._on_exit(self)
        self._finished.set()


class Processes:
    """Starts processes and remembers them, so that those of a killed local_aws are ended at its next start."""

    def __init__(self, table: Table, on_start: Callable[[str, ManagedProcess], None] | None = None) -> None:
        self._table = table
        self._on_start = on_start
        self._running: dict[int, ManagedProcess] = {}
        self._lock = threading.Lock()
        self._end_leftovers()

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        label: str,
    ) -> ManagedProcess:
        """Start ``argv``; its output, stdout and stderr as one, goes to ``on_line`` line by line.

        :param label: what the process does, for people who read the process table.
        :raises OSError: when the program cannot be started.
        """
        with self._lock:
            process = ManagedProcess(argv, env=env, cwd=cwd, on_line=on_line, on_exit=self._forget)
            self._running[process.pid] = process
            self._table.put(str(process.pid), {"label": label, "started": _start_time(process.pid)})
        if self._on_start:
            self._on_start(label, process)
        return process

    def stop_all(self) -> None:
        """End everything that still runs."""
        with self._lock:
            running = list(self._running.values())
        threads = [threading.Thread(target=process.stop, args=(3.0,)) for process in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _forget(self, process: ManagedProcess) -> None:
        with self._lock:
            self._running.pop(process.pid, None)
            self._table.delete(str(process.pid))

    def _end_leftovers(self) -> None:
        for pid, record in self._table.items():
            # The start time tells our process from a stranger that got its number.
            if record["started"] is not None and _start_time(int(pid)) == record["started"]:
                os.killpg(int(pid), signal.SIGKILL)
                _wait_until_gone(int(pid))
            self._table.delete(pid)


def _start_time(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _wait_until_gone(pid: int, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Whether it still runs; where nobody reaps it, it stays as a zombie for ever, and is gone all the same."""
    try:
        return str(psutil.Process(pid).status()) != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
