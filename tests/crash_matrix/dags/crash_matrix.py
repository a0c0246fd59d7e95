"""DAGs to be crashed: one a kind of job, each with one task, ``work``, that does what every task of that kind does.

The form says how long the job lasts (``seconds``), where the task is to stop just before its first call (``hold``: as
long as the file of that name exists), and what to deploy. Each DAG is there twice, the second time with a task that
times out while its job runs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from tests.crash_matrix.jobs import KINDS, SPEC, hold, work
from trainyard import steps

DEFAULTS = steps.DEFAULTS | {"retry_delay": timedelta(seconds=1), "retry_exponential_backoff": False}
FORM = {"partition": "2026-02-02", "seconds": 15, "hold": "", "version": {}}


def crash(kind: str, name: str, **timing: Any) -> None:
    """Make the DAG of one kind."""

    @dag(
        dag_id=name,
        schedule=None,
        params=FORM,
        default_args=DEFAULTS,
        user_defined_macros={"hold": hold},
        max_active_runs=64,
    )
    def made() -> None:
        steps.resolve_run(SPEC) >> work(kind, **timing)

    made()


for each in KINDS:
    crash(each, f"crash_{each}")
    crash(each, f"crash_{each}_timed", execution_timeout=timedelta(seconds=12))
