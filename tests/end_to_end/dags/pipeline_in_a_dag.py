"""A SageMaker pipeline, and then a Step Functions state machine, as steps of a DAG."""

from datetime import UTC, datetime

from airflow.sdk import dag

from trainyard import steps
from trainyard.spec import Gate, ModelSpec, Search, Serving, Source, Spark, Training

MODEL = ModelSpec(
    name="by_pipeline",
    source=Source(table="shop.interactions", sql="recommender/interactions.sql"),
    spark=Spark("recommender/build_examples.py"),
    training=Training("ncf", "pytorch-training:2.5.1-cpu-py311", {}, metrics={"NDCG": "NDCG=([0-9.]+);"}),
    search=Search("NDCG", ranges={"lr": (0.01, 0.001)}, trials=2),
    gate=Gate("ndcg@10", at_least=0.1, may_lose=0.01),
    serving=Serving("by-pipeline", "pytorch-inference:2.5.1-cpu-py311"),
)


@dag(schedule=None, start_date=datetime(2025, 1, 6, tzinfo=UTC), default_args=steps.DEFAULTS, params=steps.form())
def pipeline_in_a_dag() -> None:
    """Two steps, each a whole workflow of its own."""
    run = steps.resolve_run(MODEL)
    told = {"Week": "{partition}", "Output": "{output}made/", "Version": "{code_version}"}
    ran = steps.run_pipeline(MODEL, "weekly", run, parameters=told)
    given = {"Week": "{partition}", "After": "{execution}", "Place": {"Uri": "{output}made/"}}
    steps.run_state_machine(MODEL, "weekly", ran, given=given)


pipeline_in_a_dag()
