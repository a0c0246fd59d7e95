"""Learns from leads whose outcome is known which of them buy (SageMaker's XGBoost), scores the week's leads, writes the
scores back into the warehouse, and puts the better model live. A partition is a week, named by its Monday; its model
learns from every lead up to the end of that week, and never from those of the test split, the same in every week.

* **On its own**: every Monday for the week that has just ended, as soon as that week's data is complete.
* **By hand**: *Trigger*. An empty partition means the newest complete week. Tick *Search hyperparameters first* to tune
  it; untick *Go live* to train and judge only: the warehouse's scores stay, too.
* **Past weeks**: `yard backfill lead_scoring --from 2026-02-02 --to 2026-02-16`, or *Backfill*: both weeks named and
  those between. A backfill skips weeks that have not changed, and never goes live unless its form says so. A week older
  than the live model is not scored unless the two are compared, too.
* **Again**: *Clear* a task to do its work anew. A retry finds the job of the try before it, and pays for nothing.
* **Skipped tasks** are outcomes, and their logs say which: a model that the gate refused, a run that is not to go
  live... A week without leads, or without any for the test, is a failure that names the dataset.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import CronPartitionTimetable, dag, task_group
from model_specs.lead_scoring import LEADS

from trainyard import steps


@dag(
    schedule=CronPartitionTimetable("0 0 * * MON", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.form(num_round=(10, 2000), eta=(0.001, 1.0), max_depth=(1, 12), gamma=(0.0, 20.0)),
    doc_md=__doc__,
    tags=["model", LEADS.name],
)
def lead_scoring() -> None:
    @task_group
    def prepare(run: Any) -> Any:
        rows = steps.wait_for_manifest(steps.unload(LEADS, steps.wait_for_source(LEADS, run)))
        with steps.cluster(LEADS, rows) as cluster:
            return steps.build_examples(LEADS, cluster, rows)

    @task_group
    def learn(examples: Any) -> Any:
        model = steps.train(LEADS, examples, steps.choose_hyperparameters(LEADS, examples))
        evaluation = steps.evaluate(LEADS, examples, model, steps.find_champion(LEADS, model))
        return steps.register(LEADS, examples, model, steps.judge(LEADS, evaluation))

    @task_group
    def release(examples: Any, version: Any) -> None:
        scores = steps.score(LEADS, examples, version)
        steps.publish_scores(LEADS, scores)
        live = steps.deploy(LEADS, examples, version, scores)
        steps.retire(LEADS, steps.smoke_test(LEADS, examples, live))

    with steps.recorded(LEADS) as run:
        examples = prepare(run)
        release(examples, learn(examples))


lead_scoring()
