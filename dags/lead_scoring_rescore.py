"""Scores the newest leads anew when another version of lead scoring goes live: it starts a run of `lead_scoring_daily`
for the newest complete day, once for each version.

* **On its own**: when `lead_scoring` has put a version live. A run that did not, as a backfill does not, starts
  nothing.
* **By hand**: *Trigger* starts such a run, too; so does *Trigger* on `lead_scoring_daily` itself.
* **Past days**: there is nothing to backfill here. `airflow backfill create --dag-id lead_scoring_daily` scores them.
"""

from datetime import UTC, datetime

from airflow.sdk import FixedKeyMapper, PartitionedAssetTimetable, dag
from model_specs.lead_scoring import LEADS

from trainyard import steps


@dag(
    schedule=PartitionedAssetTimetable(
        assets=steps.live_asset(LEADS), default_partition_mapper=FixedKeyMapper(downstream_key="newest")
    ),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    doc_md=__doc__,
    tags=["follow", LEADS.name],
)
def lead_scoring_rescore() -> None:
    steps.start_run(LEADS, "lead_scoring_daily")


lead_scoring_rescore()
