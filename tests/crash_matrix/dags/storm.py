"""Two hundred jobs at a time, each over in no time: what a trigger may lose or count twice, it loses here."""

from __future__ import annotations

from airflow.sdk import dag

from tests.crash_matrix.jobs import SPEC, processing
from trainyard import steps

JOBS = 200


@dag(
    schedule=None, params={"partition": "2026-02-02", "seconds": 0}, default_args=steps.DEFAULTS, max_active_tasks=JOBS
)
def storm() -> None:
    run = steps.resolve_run(SPEC)
    for number in range(JOBS):
        run >> processing(f"work_{number}")


storm()
