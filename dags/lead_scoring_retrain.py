"""Trains lead scoring anew when somebody reports drift: it starts a run of `lead_scoring` for the newest complete week.
One at a time, and one a day at most: an event that comes earlier is answered with a skip that says why.

* **On its own**: when the asset `lead_scoring_drift` has an event. Whoever sees drift reports it with a partition key,
  `POST /api/v2/assets/events`; an event without one starts nothing, and Airflow's audit log says so.
* **By hand**: *Trigger* asks for it with the same rules; *Trigger* on `lead_scoring` itself knows no cool-down.
* **Past weeks**: there is nothing to backfill here. `airflow backfill create --dag-id lead_scoring` trains them.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import FixedKeyMapper, PartitionedAssetTimetable, dag
from model_specs.lead_scoring import LEADS

from trainyard import steps


@dag(
    schedule=PartitionedAssetTimetable(
        assets=steps.drift_asset(LEADS), default_partition_mapper=FixedKeyMapper(downstream_key="newest")
    ),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    doc_md=__doc__,
    tags=["follow", LEADS.name],
)
def lead_scoring_retrain() -> None:
    steps.start_run(LEADS, "lead_scoring", single_flight=True, cool_down=timedelta(days=1))


lead_scoring_retrain()
