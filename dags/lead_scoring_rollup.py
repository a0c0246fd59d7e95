"""Learns from one week of daily features which leads buy, as soon as its seven days are there: no clock starts it. It
has an endpoint and a table of scores of its own, beside those of `lead_scoring`. A partition is a week, named by its
Monday.

* **On its own**: when `lead_features` has announced the last of a week's seven days, in any order; not with six.
* **By hand**: *Trigger*. An empty partition means the newest complete week. A day that is missing is named, and nothing
  is started.
* **Past weeks**: backfill their days: `airflow backfill create --dag-id lead_features --from-date 2026-02-02 --to-date
  2026-02-08`. The week then starts once, and does not go live: a day that was backfilled makes the week a backfill.
* **Again**: *Clear* a task to do its work anew. For a week whose days changed, run one of these days with *Build the
  week again, too*.
* **Skipped tasks** are outcomes, and their logs say which: a model that the gate refused, a run that is not to go
  live... A week without leads, or without any for the test, is a failure that names the dataset.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, RollupMapper, StartOfWeekMapper, WeekWindow, dag, task_group
from model_specs.lead_features import LEAD_FEATURES, LEADS_ROLLUP

from trainyard import steps

MONDAYS = StartOfWeekMapper(input_format="%Y-%m-%d", output_format="%Y-%m-%d")


@dag(
    schedule=PartitionedAssetTimetable(
        assets=steps.examples_asset(LEAD_FEATURES),
        default_partition_mapper=RollupMapper(upstream_mapper=MONDAYS, window=WeekWindow()),
    ),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.form(num_round=(10, 2000), eta=(0.001, 1.0), max_depth=(1, 12), gamma=(0.0, 20.0)),
    doc_md=__doc__,
    tags=["model", LEADS_ROLLUP.name],
)
def lead_scoring_rollup() -> None:
    @task_group
    def prepare(run: Any) -> Any:
        rows = steps.find_features(LEADS_ROLLUP, run, LEAD_FEATURES, "lead_features")
        with steps.cluster(LEADS_ROLLUP, rows) as cluster:
            return steps.build_examples(LEADS_ROLLUP, cluster, rows)

    @task_group
    def learn(examples: Any) -> Any:
        model = steps.train(LEADS_ROLLUP, examples, steps.choose_hyperparameters(LEADS_ROLLUP, examples))
        evaluation = steps.evaluate(LEADS_ROLLUP, examples, model, steps.find_champion(LEADS_ROLLUP, model))
        return steps.register(LEADS_ROLLUP, examples, model, steps.judge(LEADS_ROLLUP, evaluation))

    @task_group
    def release(examples: Any, version: Any) -> None:
        scores = steps.score(LEADS_ROLLUP, examples, version)
        steps.publish_scores(LEADS_ROLLUP, scores)
        live = steps.deploy(LEADS_ROLLUP, examples, version, scores)
        steps.retire(LEADS_ROLLUP, steps.smoke_test(LEADS_ROLLUP, examples, live))

    with steps.recorded(LEADS_ROLLUP) as run:
        examples = prepare(run)
        release(examples, learn(examples))


lead_scoring_rollup()
