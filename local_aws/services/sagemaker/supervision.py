"""Holding on to running jobs: one thread a job, stopped on request, given up when local_aws ends."""

import logging
import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from local_aws.services.sagemaker.slots import Slots

log = logging.getLogger("local_aws")


class Abandoned(Exception):
    """local_aws ends; the job's record stays as it is, and its next start tells what became of it."""


class Ending(Enum):
    """How a container came to its end."""

    EXITED = "exited"
    STOPPED = "stopped"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Exit:
    """The end of a container. ``code`` is as a shell gives it: 128 + the number of the signal that killed it."""

    ending: Ending
    code: int


class Running(Protocol):
    """A process, or several that end together."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code at its end; ``subprocess.TimeoutExpired`` when it still runs after ``timeout`` seconds."""

    def stop(self, grace_seconds: float = 10.0) -> None:
        """Ask it to end, after the grace end it; returns when it is gone."""


class Control:
    """Reaches one running job from other threads.

    :param grace_seconds: between SIGTERM and SIGKILL.
    """

    def __init__(self, slots: Slots, grace_seconds: float) -> None:
        self._slots = slots
        self._grace = grace_seconds
        self._lock = threading.Lock()
        self._process: Running | None = None
        self.stop_requested = False
        self._abandoned = False

    def stop(self) -> None:
        """Ask the job to end; returns at once."""
        with self._lock:
            self.stop_requested = True
            process = self._process
        self._slots.wake()
        if process:
            threading.Thread(target=process.stop, args=(self._grace,), daemon=True).start()

    def abandon(self) -> None:
        """local_aws ends: end the process now and let the thread go."""
        with self._lock:
            self._abandoned = True
            process = self._process
        self._slots.wake()
        if process:
            process.stop(1.0)

    def check(self) -> None:
        """Raise :class:`Abandoned` where the job is to be let go."""
        if self._abandoned:
            raise Abandoned

    @property
    def gave_up(self) -> bool:
        """Whether the job need not start any more."""
        return self.stop_requested or self._abandoned

    def run(self, start: Callable[[], Running], seconds: float) -> Exit:
        """Start a process and wait for its end, at most that long.

        :raises Abandoned: when local_aws ends.
        """
        with self._lock:
            if self._abandoned or self.stop_requested:
                process = None
            else:
                process = self._process = start()
        self.check()
        if process is None:
            return Exit(Ending.STOPPED, 0)
        ending = Ending.EXITED
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            ending = Ending.TIMED_OUT
            process.stop(self._grace)
            code = process.wait()
        self.check()
        if self.stop_requested:
            ending = Ending.STOPPED
        return Exit(ending, code if code >= 0 else 128 - code)


class Supervisor:
    """All running jobs, and the capacity that they share."""

    def __init__(self) -> None:
        self.slots = Slots()
        self._grace = float(os.environ.get("LOCAL_AWS_STOP_GRACE_SECONDS", 120))
        self._running: dict[str, tuple[Control, threading.Thread]] = {}
        self._abandoned = False
        self._lock = threading.Lock()

    def launch(self, arn: str, job: Callable[[Control], None]) -> None:
        """Run a job in a thread of its own."""
        control = Control(self.slots, self._grace)

        def supervised() -> None:
            try:
                job(control)
            except Abandoned:
                log.info("%s is given up, since local_aws ends", arn)
            finally:
                with self._lock:
                    self._running.pop(arn, None)

        thread = threading.Thread(target=supervised, name=arn, daemon=True)
        with self._lock:
            self._running[arn] = (control, thread)
            if self._abandoned:
                control.abandon()
        thread.start()

    def stop(self, arn: str) -> None:
        """Ask one job to end; nothing happens when it just did."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found[0].stop()

    def abandon(self) -> None:
        """Let go of all jobs; their processes are ended."""
        with self._lock:
            self._abandoned = True
            controls = [control for control, _ in self._running.values()]
        enders = [threading.Thread(target=control.abandon) for control in controls]
        for thread in enders:
            thread.start()
        for thread in enders:
            thread.join()

    def join(self, seconds: float = 30) -> None:
        """Wait until the threads of abandoned jobs have ended."""
        with self._lock:
            threads = [thread for _, thread in self._running.values()]
        for thread in threads:
            thread.join(seconds)
