"""Unloads a day's leads as the weekly model of `lead_scoring_rollup` reads them, and tells it that the day is there.
A partition is a day. What becomes known of a day's leads later is in its features when the day is built again.

* **On its own**: every day for the day that has just ended, as soon as that day's data is complete.
* **By hand**: *Trigger*. An empty partition means the newest complete day.
* **Past days**: *Backfill*, or `airflow backfill create --dag-id lead_features --from-date 2026-02-02 --to-date
  2026-02-08` for both days named and those between. When all seven days of a week are there, `lead_scoring_rollup`
  starts for it, once; its model goes live only if no day was backfilled.
* **Again**: a day that is built again starts nothing: its last task says which week was made from the day as it was.
  Tick *Build the week again, too* to have that done.
* **Skipped tasks** are outcomes, and their logs say which. A day without leads is a day like any other.
"""

from datetime import UTC, datetime

from airflow.sdk import CronPartitionTimetable, dag
from model_specs.lead_features import LEAD_FEATURES, LEADS_ROLLUP

from trainyard import steps


@dag(
    schedule=CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.features_form(),
    doc_md=__doc__,
    tags=["features", LEAD_FEATURES.name],
)
def lead_features() -> None:
    with steps.recorded(LEAD_FEATURES) as run:
        rows = steps.unload(LEAD_FEATURES, steps.wait_for_source(LEAD_FEATURES, run))
        features = steps.publish_features(LEAD_FEATURES, rows)
    steps.announce_features(LEAD_FEATURES, features, LEADS_ROLLUP.calendar)


lead_features()
