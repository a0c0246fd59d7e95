"""Lead scoring by an image of one's own, which trains, judges and scores."""

from dataclasses import replace
from datetime import UTC, datetime

from airflow.sdk import dag
from model_specs.lead_scoring import LEADS

from trainyard import steps
from trainyard.spec import Between, Scores, Search, Serving, Training

IMAGE = "own/lead-scoring-python:1"

OWN = replace(
    LEADS,
    name="leads_own",
    training=Training(
        folder="lead_scoring",
        image=IMAGE,
        script=False,
        evaluate="evaluate",
        hyperparameters={"max_iter": 200, "learning_rate": 0.1, "max_leaf_nodes": 15},
        metrics={"validation:auc": r"validation-auc:([0-9.]+)"},
        channels=("train", "validation"),
        content_type="text/csv",
    ),
    search=Search("validation:auc", ranges={"max_leaf_nodes": Between(4, 64)}, trials=4),
    serving=Serving("leads-own", IMAGE, script=False, content_type="text/csv"),
    scores=Scores("marketing.lead_scores_own", key="lead_id", key_type="varchar(64)"),
)


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    default_args=steps.DEFAULTS,
    params=steps.form(max_iter=(10, 2000)),
)
def lead_scoring_own() -> None:
    """From the warehouse to scores in it."""
    rows = steps.wait_for_manifest(steps.unload(OWN, steps.wait_for_source(OWN, steps.resolve_run(OWN))))
    with steps.cluster(OWN, rows) as cluster:
        examples = steps.build_examples(OWN, cluster, rows)
    model = steps.train(OWN, examples, steps.choose_hyperparameters(OWN, examples))
    evaluation = steps.evaluate(OWN, examples, model, steps.find_champion(OWN, model))
    version = steps.register(OWN, examples, model, steps.judge(OWN, evaluation))
    steps.publish_scores(OWN, steps.score(OWN, examples, version))


lead_scoring_own()
