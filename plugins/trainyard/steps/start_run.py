"""start_run: another DAG's run, because of an event."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from trainyard.operators.start_run import StartRunOperator

if TYPE_CHECKING:
    from trainyard.spec import ModelSpec


def start_run(
    spec: ModelSpec, starts: str, *, single_flight: bool = False, cool_down: timedelta = timedelta(0)
) -> StartRunOperator:
    """Start a run of another DAG for the newest partition: once an event, however often the task is tried.

    Args:
        spec: the model that the event is about.
        starts: the DAG.
        single_flight: whether an event is answered with a skip while a run of that DAG waits or runs.
        cool_down: how long after a start further events are answered with a skip.

    The XCom ``started`` says ``dag_id`` and ``run_id``; when nothing is started, ``outcome`` says why.
    """
    return StartRunOperator(
        task_id="start_run", spec=spec, starts=starts, single_flight=single_flight, cool_down=cool_down
    )
