"""Looks for what costs and belongs to no live task: jobs, clusters, endpoints, old versions, places nobody published.

* **On its own**: every morning; it says in its log what there is and what it costs an hour, and touches nothing.
* **By hand**: *Trigger*, with *Stop and delete what is found* to have it ended. `yard sweep` does the same from a
  terminal.
* **Never touched**: what carries no tag of this Airflow's, whose owner cannot be proven, what an endpoint serves, and
  endpoints themselves: those are told, and deleted by a person.
* **Past days**: there is nothing to backfill. `airflow backfill create --dag-id sweep` would look at the present again.
"""

from datetime import UTC, datetime

from airflow.sdk import CronTriggerTimetable, dag

from trainyard import steps


@dag(
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.sweep_form(),
    doc_md=__doc__,
    tags=["upkeep", "sweep"],
)
def sweep() -> None:
    steps.sweep()


sweep()
