"""How a run began, in Airflow's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

BACKFILL = "backfill"


def began_as(context: Context) -> str:
    """Return the type of the run: scheduled, manual, backfill, asset_triggered...

    A run that an asset's event started is a backfill when one of the runs that the events came from was: what history
    sets off is history, and goes live only when it is told to.
    """
    dag_run: Any = context["dag_run"]
    events: Any = context.get("triggering_asset_events") or {}
    if any(event.extra.get("run_type") == BACKFILL for told in events.values() for event in told):
        return BACKFILL
    return str(getattr(dag_run.run_type, "value", dag_run.run_type))
