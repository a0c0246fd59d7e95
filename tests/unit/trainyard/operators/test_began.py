"""How a run began: what history sets off is history."""

from types import SimpleNamespace
from typing import Any

from trainyard.operators.began import began_as


def context(run_type: str, *came_of: str) -> Any:
    events = [SimpleNamespace(extra={"run_type": name} if name else {}) for name in came_of]
    return {
        "dag_run": SimpleNamespace(run_type=run_type),
        "triggering_asset_events": {"asset": events} if events else {},
    }


def test_a_run_is_what_airflow_says() -> None:
    assert began_as(context("scheduled")) == "scheduled"
    assert began_as(context("asset_triggered", "scheduled", "manual", "")) == "asset_triggered"


def test_a_run_that_one_backfilled_day_helped_to_start_is_a_backfill() -> None:
    assert began_as(context("asset_triggered", "scheduled", "backfill")) == "backfill"
