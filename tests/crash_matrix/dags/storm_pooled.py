"""Twelve jobs at a time, in a pool that has room for three."""

from __future__ import annotations

from airflow.sdk import dag

from tests.crash_matrix.jobs import SPEC, processing
from trainyard import steps

JOBS, POOL = 12, "three"


@dag(schedule=None, params={"partition": "2026-02-02", "seconds": 2}, default_args=steps.DEFAULTS)
def storm_pooled() -> None:
    run = steps.resolve_run(SPEC)
    for number in range(JOBS):
        run >> processing(f"work_{number}", pool=POOL)


storm_pooled()
