"""Airflow's LocalExecutor, for tasks that come back within seconds.

A task that defers gives its worker back and is *resumed*, in the same try, when its trigger fires. The worker's report
of the first part reaches the scheduler late: up to five seconds after the task deferred. With jobs on AWS that take
minutes this does not matter. With local jobs that take a second, the task may be running again by then, and the
scheduler takes "success" of a running task for a task that somebody killed, and retries it (apache/airflow#66374).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from airflow.executors.local_executor import LocalExecutor

#: The reports with which a worker ends a piece of work, of a task or of a callback.
_ENDS = {"success", "failed"}


class ResumingLocalExecutor(LocalExecutor):
    """Forgets the report of a part of a task once the next part has been handed to a worker."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]  # Airflow left it so
        self._handed_out: Counter[Any] = Counter()

    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        super()._process_workloads(workload_list)  # type: ignore[no-untyped-call]  # and this
        self._handed_out.update(workload.key for workload in workload_list)

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:
        """Pass a worker's report on to the scheduler, unless a later part of the same task is at work."""
        if state in _ENDS:
            self._handed_out[key] -= 1
            if self._handed_out[key] > 0:
                self.log.info("%s was resumed: the late report of its earlier part says nothing of it", key)
                return
            del self._handed_out[key]
        super().change_state(key, state, info, remove_running)
