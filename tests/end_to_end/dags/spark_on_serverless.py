"""The first half of the recommender, with its Spark job on EMR Serverless."""

from datetime import UTC, datetime

from airflow.sdk import dag

from trainyard import steps
from trainyard.spec import Gate, ModelSpec, Search, Serving, Source, Spark, Training

MODEL = ModelSpec(
    name="on_serverless",
    source=Source(table="shop.interactions", sql="recommender/interactions.sql"),
    spark=Spark(
        "recommender/build_examples.py", arguments={"core": 5, "negatives": 99, "seed": 42}, on="emr-serverless"
    ),
    training=Training("ncf", "pytorch-training:2.5.1-cpu-py311", {}, metrics={"NDCG": "NDCG=([0-9.]+);"}),
    search=Search("NDCG", ranges={"lr": (0.01, 0.001)}, trials=2),
    gate=Gate("ndcg@10", at_least=0.1, may_lose=0.01),
    serving=Serving("on-serverless", "pytorch-inference:2.5.1-cpu-py311"),
)


@dag(schedule=None, start_date=datetime(2025, 1, 6, tzinfo=UTC), default_args=steps.DEFAULTS, params=steps.form())
def spark_on_serverless() -> None:
    """From the warehouse to examples."""
    rows = steps.wait_for_manifest(steps.unload(MODEL, steps.wait_for_source(MODEL, steps.resolve_run(MODEL))))
    with steps.cluster(MODEL, rows) as cluster:
        steps.build_examples(MODEL, cluster, rows)


spark_on_serverless()
