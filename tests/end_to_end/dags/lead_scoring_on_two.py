"""Lead scoring otherwise: Spark on EMR Serverless, and a training on two spot machines, on from what is live."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag
from model_specs.lead_scoring import LEADS

from trainyard import steps
from trainyard.spec import Compute

TWO = replace(
    LEADS,
    name="leads_on_two",
    spark=replace(LEADS.spark, on="emr-serverless"),
    training=replace(
        LEADS.training,
        compute=Compute("ml.m5.xlarge", instance_count=2, time_limit=timedelta(hours=1)),
        spot_wait=timedelta(hours=1),
    ),
)


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    default_args=steps.DEFAULTS,
    params=steps.form(num_round=(10, 2000)),
)
def lead_scoring_on_two() -> None:
    """From the warehouse to an evaluation."""
    ready = steps.wait_for_source(TWO, steps.resolve_run(TWO))
    rows = steps.wait_for_manifest(steps.unload(TWO, ready))
    live = steps.find_live(TWO, rows)
    with steps.cluster(TWO, live) as cluster:
        examples = steps.build_examples(TWO, cluster, rows, live)
    model = steps.train(TWO, examples, steps.choose_hyperparameters(TWO, examples), former=live)
    steps.evaluate(TWO, examples, model, steps.find_champion(TWO, model))


lead_scoring_on_two()
