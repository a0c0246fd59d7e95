"""A task instance without a scheduler: what a worker and a triggerer do to an operator, done by hand."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import TaskDeferred

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseOperator

Result = Any
_FORK = multiprocessing.get_context("fork")


class TaskInstance:
    """What operators ask of a task instance.

    Args:
        run_id: its run.
        operator: its task.
        run: what the task ``resolve_run`` of Trainyard's DAGs returned.
    """

    def __init__(self, run_id: str, operator: BaseOperator, run: dict[str, Any]) -> None:
        self.dag_id, self.run_id, self.task_id, self.map_index = "compare", run_id, operator.task_id, -1
        self.task, self.try_number, self.max_tries = operator, 1, 3
        self.start_date = datetime.now(UTC)
        operator.retries = 3
        self._xcoms: dict[str, Any] = {}
        self._run = run

    def xcom_push(self, key: str, value: Any, **_: Any) -> None:
        """Keep a value."""
        self._xcoms[key] = value

    def xcom_pull(self, task_ids: Any = None, key: str = "return_value", **_: Any) -> Any:
        """Return a value; what another task returned is the run."""
        return self._run if task_ids == "resolve_run" else self._xcoms.get(key)

    def context(self) -> Any:
        """Return Airflow's context, as far as it is asked for."""
        return {"ti": self, "task_instance": self, "task": self.task, "run_id": self.run_id, "params": {}}


def start(ti: TaskInstance) -> TaskDeferred | Result:
    """Execute a try in the worker; returns its deferral, or what it returned."""
    try:
        return ti.task.execute(ti.context())
    except TaskDeferred as deferral:
        return deferral


def go_on(ti: TaskInstance, deferral: TaskDeferred | Result, seconds: float) -> Result:
    """Wait in the triggerer, and go on in a worker, until the task ends.

    Raises:
        TimeoutError: when a wait takes longer than ``seconds``.
    """
    while isinstance(deferral, TaskDeferred):
        event = asyncio.run(asyncio.wait_for(_first(deferral.trigger), seconds))
        method = getattr(ti.task, deferral.method_name)
        try:
            deferral = method(ti.context(), event=event.payload, **(deferral.kwargs or {}))
        except TaskDeferred as again:
            deferral = again
    return deferral


def kill_while_waiting(deferral: TaskDeferred, seconds: float = 3.0) -> None:
    """Do to a waiting trigger what the triggerer does when a person marks its task as failed."""
    asyncio.run(_killed(deferral.trigger, seconds))


def kill_worker(ti: TaskInstance, when: Callable[[], bool]) -> None:
    """Execute a try in a process of its own, and SIGKILL that as soon as a condition holds."""
    worker = _FORK.Process(target=start, args=(ti,))
    worker.start()
    while worker.is_alive() and not when():
        worker.join(0.1)
    if worker.is_alive() and worker.pid:
        os.kill(worker.pid, signal.SIGKILL)
    worker.join()


async def _first(trigger: Any) -> Any:
    return await anext(aiter(trigger.run()))


async def _killed(trigger: Any, seconds: float) -> None:
    waiting = asyncio.create_task(_first(trigger))
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel("user-action")
    await asyncio.wait({waiting})
    await trigger.on_kill()
