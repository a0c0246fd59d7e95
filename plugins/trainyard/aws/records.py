"""The ledger as a task sees it: which one, and the record of the run that it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainyard.aws.ledger import Ledger
from trainyard.ledger import Record

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.aws.runtime import Runtime
    from trainyard.run import Run
    from trainyard.spec import ModelSpec


def ledger_of(runtime: Runtime, spec: ModelSpec) -> Ledger:
    """Return the ledger of the task's DAG."""
    return Ledger(runtime.objects, runtime.settings.bucket, spec.name, runtime.ti.dag_id)


def begun(context: Context, run: Run) -> Record:
    """Return the record of a run that has begun."""
    dag_run: Any = context["dag_run"]
    return Record(
        model=run.model,
        partition=run.partition,
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        run_type=run.run_type,
        code_version=run.code_version,
        began_at=run.began_at or (dag_run.start_date or datetime.now(UTC)).isoformat(timespec="milliseconds"),
    )
