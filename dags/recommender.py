"""Learns from the shop's interactions who likes what (Neural Collaborative Filtering), and puts the better model live.
A partition is a week, named by its Monday; its model learns from everything up to the end of that week.

* **On its own**: every Monday for the week that has just ended, as soon as that week's data is complete.
* **By hand**: *Trigger*. No partition means the newest complete week. *Search hyperparameters first* tunes it; without
  *Go live* it trains and judges only.
* **Past weeks**: `yard backfill recommender --from 2026-02-02 --to 2026-02-16`, or *Backfill*: both weeks named and
  those between. A backfill skips weeks that have not changed, and never goes live unless its form says so.
* **Again**: *Clear* a task to do its work anew. A retry finds the job of the try before it, and pays for nothing.
* **Skipped tasks** are outcomes; their logs say which: a refused model, an empty or, in a backfill, unchanged week.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import CronPartitionTimetable, dag, task_group

from trainyard import steps
from trainyard.spec import Between, Gate, ModelSpec, Search, Serving, Source, Spark, Training

NCF = ModelSpec(
    name="recommender",
    source=Source(table="shop.interactions", sql="recommender/interactions.sql"),
    spark=Spark("recommender/build_examples.py", {"core": 5, "negatives": 99, "seed": 42}),
    training=Training("ncf", "pytorch-training:2.5.1-cpu-py311",
        {"epochs": 8, "lr": 0.01, "batch_size": 16384, "factor_num": 32, "num_layers": 3, "dropout": 0.0, "top_k": 10},
        metrics={"HR": "HR=([0-9.]+);", "NDCG": "NDCG=([0-9.]+);", "Loss": "Loss=([0-9.]+);"}),
    search=Search("NDCG", ranges={"lr": Between(0.002, 0.03, "Logarithmic"), "factor_num": (16, 32, 64)}, trials=4),
    gate=Gate("ndcg@10", at_least=0.10, may_lose=0.01),
    serving=Serving("recommender", "pytorch-inference:2.5.1-cpu-py311"),
)  # fmt: skip


@dag(
    schedule=CronPartitionTimetable("0 0 * * MON", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.form(epochs=(1, 100), lr=(1e-5, 0.1), batch_size=(64, 65536), factor_num=(4, 256), dropout=(0.0, 0.9)),
    doc_md=__doc__,
    tags=["model", NCF.name],
)
def recommender() -> None:
    @task_group
    def prepare(run: Any) -> Any:
        rows = steps.wait_for_manifest(steps.unload(NCF, steps.wait_for_source(NCF, run)))
        with steps.cluster(NCF, rows) as cluster:
            return steps.build_examples(NCF, cluster, rows)

    @task_group
    def learn(examples: Any) -> Any:
        model = steps.train(NCF, examples, steps.choose_hyperparameters(NCF, examples))
        evaluation = steps.evaluate(NCF, examples, model, steps.find_champion(NCF, model))
        return steps.register(NCF, examples, model, steps.judge(NCF, evaluation))

    @task_group
    def release(examples: Any, version: Any) -> None:
        live = steps.deploy(NCF, examples, version, steps.score(NCF, examples, version))
        steps.retire(NCF, steps.smoke_test(NCF, examples, live))

    with steps.recorded(NCF) as run:
        release(examples := prepare(run), learn(examples))


recommender()
