"""Scores the day's new leads with the model that is live, and writes the scores into the warehouse. Nothing is trained.
A partition is a day. The leads are encoded as those were that the live model was trained on.

* **On its own**: every day for the day that has just ended, as soon as that day's data is complete.
* **By hand**: *Trigger*. An empty partition means the newest complete day.
* **Past days**: `yard backfill lead_scoring_daily --from 2026-02-02 --to 2026-02-08`, or *Backfill*: both days named
  and those between, each scored by what is live now; its rows say which version. Days that have not changed since
  that version scored them are skipped.
* **Again**: *Clear* a task to do its work anew: a day's scores are replaced whole, in one transaction.
* **Skipped tasks** are outcomes: a day without leads has nothing to score.
"""

from datetime import UTC, datetime

from airflow.sdk import CronPartitionTimetable, dag
from model_specs.lead_scoring import LEADS_DAILY

from trainyard import steps


@dag(
    schedule=CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.scoring_form(),
    doc_md=__doc__,
    tags=["scoring", LEADS_DAILY.name],
)
def lead_scoring_daily() -> None:
    with steps.recorded(LEADS_DAILY) as run:
        ready = steps.wait_for_source(LEADS_DAILY, run)
        rows = steps.wait_for_manifest(steps.unload(LEADS_DAILY, ready))
        live = steps.find_live(LEADS_DAILY, rows)
        with steps.cluster(LEADS_DAILY, live) as cluster:
            requests = steps.build_examples(LEADS_DAILY, cluster, rows, live)
        steps.publish_scores(LEADS_DAILY, steps.score(LEADS_DAILY, requests, live))


lead_scoring_daily()
