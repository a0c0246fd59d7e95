"""recorded: a run whose partition and end are noted in the ledger."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trainyard.operators.records import RecordOperator
from trainyard.steps.resolve_run import resolve_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


@contextmanager
def recorded(spec: ModelSpec) -> Iterator[XComArg]:
    """Resolve the run, and note in the ledger how it ended, whatever happens to the tasks inside.

    Yields what ``resolve_run`` returns. The last task, ``record``, returns ``outcome``, ``reason``, ``is_result`` (the
    partition's result is now this run's), ``partition``.
    """
    run = resolve_run(spec)
    yield run
    # Neither the run's success nor its failure is decided by its bookkeeping: a teardown is not looked at.
    record: Any = RecordOperator(task_id="record", spec=spec).as_teardown()
    for task in record.dag.tasks:
        if task is not record and not task.downstream_task_ids:
            task.set_downstream(record)
