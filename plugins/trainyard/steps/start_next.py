"""start_next: another run for what was dropped and is too much for this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from trainyard.steps.load import landing_asset

if TYPE_CHECKING:
    from airflow.sdk import XComArg


def start_next(drops: XComArg) -> None:
    """Give the asset that starts this DAG an event when ``find_drops`` has left something; skipped when it has not.

    It waits for no load, so that one that fails keeps nothing from the next run, which begins when this one has ended.
    """

    # With its watch: Airflow (3.3.2) gives up the watch of an asset that also stands somewhere without one.
    @task(task_id="start_next", outlets=[landing_asset()])
    def body(rest: int) -> None:
        if not rest:
            raise AirflowSkipException("This run loads all that waited.")

    found: Any = drops
    body(found["rest"])
