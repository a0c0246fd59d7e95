"""Airflow's LocalExecutor, for tasks that come back within seconds.

A task that defers gives its worker back and is *resumed*, in the same try, when its trigger fires. The worker's report
of the first part reaches the scheduler late: up to five seconds after the task deferred. With jobs on AWS that take
minutes this does not matter. With local jobs that take a second, the task may be running again by then, and the
scheduler takes "success" of a running task for a task that somebody killed, and retries it (apache/airflow#66374).

Workers that wait for work stand in line for a lock, and the first of them holds it. When that one is killed, by a
person or by a system that is out of memory, the lock is held for ever and no task starts any more. Then the scheduler
has to start anew, which takes seconds here, since it is supervised.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from airflow.executors.local_executor import LocalExecutor

#: The reports with which a worker ends a piece of work, of a task or of a callback.
_ENDS = {"success", "failed"}
#: How long work may lie in the queue after a worker was killed. An idle worker takes it within milliseconds, and there
#: is one: no more work is handed out than there are workers.
_STUCK_SECONDS = 5.0


class QueueLocked(RuntimeError):
    """A worker was killed with the lock of the queue in its hands."""


class ResumingLocalExecutor(LocalExecutor):
    """Forgets the report of a part of a task once the next part has been handed to a worker."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]  # Airflow left it so
        self._handed_out: Counter[Any] = Counter()
        self._worker_was_killed = False
        self._lies_since: float | None = None

    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        super()._process_workloads(workload_list)  # type: ignore[no-untyped-call]  # and this
        self._handed_out.update(workload.key for workload in workload_list)

    def sync(self) -> None:
        """Look after the workers.

        :raises QueueLocked: when they cannot get at their work any more; they are ended, so that the scheduler can end.
        """
        workers = list(self.workers.values())
        # The exit code of a process that a signal ended is negative.
        self._worker_was_killed |= any((worker.exitcode or 0) < 0 for worker in workers)
        super().sync()
        lies = self._worker_was_killed and self._unread_messages.value > 0
        self._lies_since = (self._lies_since or time.monotonic()) if lies else None
        if self._lies_since and time.monotonic() - self._lies_since > _STUCK_SECONDS:
            for worker in self.workers.values():
                worker.kill()
            raise QueueLocked("A worker was killed while it held the lock of the queue: the scheduler starts anew.")

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:
        """Pass a worker's report on to the scheduler, unless a later part of the same task is at work."""
        if state in _ENDS:
            self._handed_out[key] -= 1
            if self._handed_out[key] > 0:
                self.log.info("%s was resumed: the late report of its earlier part says nothing of it", key)
                return
            del self._handed_out[key]
        super().change_state(key, state, info, remove_running)
