"""The processes of a job's hosts, as one process."""

import subprocess
import threading
from collections.abc import Callable, Sequence

from local_aws.processes import ManagedProcess


class HostGroup:
    """Ends when all of them have ended; the first that fails ends the others, as SageMaker ends a job's instances.

    :param processes: one a host, running.
    :param grace_seconds: between SIGTERM and SIGKILL of the others.
    """

    def __init__(self, processes: Sequence[ManagedProcess], grace_seconds: float = 10.0) -> None:
        self._processes = list(processes)
        self._grace = grace_seconds
        self._lock = threading.Lock()
        self._left = len(self._processes)
        self._finished = threading.Event()
        self._stopping = False
        #: Number of the host that failed first, from 0, and its exit code (negative: the signal that ended it).
        self.failed: int | None = None
        self._code = 0
        for index, process in enumerate(self._processes):
            watch = threading.Thread(target=self._watch, args=(index, process), name=f"host-{process.pid}", daemon=True)
            watch.start()

    @classmethod
    def start(cls, starts: Sequence[Callable[[], ManagedProcess]]) -> "HostGroup":
        """Start one process a host.

        :raises OSError: when one cannot be started; then none runs.
        """
        started: list[ManagedProcess] = []
        try:
            for start in starts:
                started.append(start())
        except BaseException:
            for process in started:
                process.kill()
            raise
        return cls(started)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all have ended; 0, or the exit code of the one that failed first.

        :param timeout: seconds.
        :raises subprocess.TimeoutExpired: when one still runs after that.
        """
        if not self._finished.wait(timeout):
            raise subprocess.TimeoutExpired("the hosts of a job", timeout or 0.0)
        return self._code

    def kill(self) -> None:
        """End all at once, without a word: their machines are gone."""
        for process in self._processes:
            process.kill()

    def stop(self, grace_seconds: float = 10.0) -> None:
        """Ask all to end, after the grace end them. Returns when they are gone."""
        self._stopping = True
        enders = [threading.Thread(target=process.stop, args=(grace_seconds,)) for process in self._processes]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        self._finished.wait()

    def _watch(self, index: int, process: ManagedProcess) -> None:
        code = process.wait()
        with self._lock:
            first = code != 0 and self.failed is None
            if first:
                self.failed, self._code = index, code
        if first and not self._stopping:
            for other in self._processes:
                if other is not process:
                    threading.Thread(target=other.stop, args=(self._grace,), daemon=True).start()
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._finished.set()
