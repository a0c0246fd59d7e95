"""A model, an account, a run and a job for tests of the pure modules."""

from datetime import timedelta
from typing import Any

from trainyard.gate import Gate
from trainyard.job import Job, tags_of
from trainyard.names import Identity
from trainyard.run import Run
from trainyard.settings import Settings
from trainyard.spec import Between, Compute, ModelSpec, Scores, Search, Serving, Source, Spark, Training

SPEC = ModelSpec(
    name="recommender",
    source=Source(table="shop.interactions", sql="recommender/interactions.sql"),
    spark=Spark("recommender/build_examples.py", arguments={"core": 5, "negatives": 99}),
    training=Training(
        folder="ncf",
        image="pytorch-training:2.5.1-cpu-py311",
        hyperparameters={"epochs": 5, "lr": 0.001, "factor_num": 32},
        metrics={"HR": "HR=([0-9.]+);", "NDCG": "NDCG=([0-9.]+);"},
        compute=Compute("ml.m5.xlarge", time_limit=timedelta(hours=2)),
    ),
    search=Search(
        "NDCG",
        ranges={"lr": Between(0.0001, 0.01, "Logarithmic"), "factor_num": Between(8, 64), "opt": ("adam", "sgd")},
    ),
    gate=Gate("ndcg@10", at_least=0.2, may_lose=0.01),
    serving=Serving("recommender", image="pytorch-inference:2.5.1-cpu-py311"),
)

#: A model of a built-in algorithm, whose scores go back to the warehouse.
LEADS = ModelSpec(
    name="lead_scoring",
    source=Source(
        table="marketing.leads",
        sql={"train": "lead_scoring/examples.sql", "leads": "lead_scoring/leads.sql"},
        format="csv",
    ),
    spark=Spark("lead_scoring/encode_leads.py", arguments={"files": 4}),
    training=Training(
        folder="lead_scoring",
        image="sagemaker-xgboost:3.0-5",
        script=False,
        hyperparameters={"objective": "binary:logistic", "num_round": 10, "eta": 0.3},
        channels=("train", "validation"),
        content_type="text/csv",
    ),
    search=Search("validation:auc", ranges={"eta": Between(0.01, 0.3), "tree_method": ("hist", "exact")}),
    gate=Gate("auc", at_least=0.7),
    serving=Serving("lead-scoring", image="sagemaker-xgboost:3.0-5", script=False, content_type="text/csv"),
    scores=Scores("marketing.lead_scores", key="lead_id", key_type="varchar(64)"),
)

VARIABLE: dict[str, Any] = {
    "region": "us-east-1",
    "bucket": "trainyard-123456789012",
    "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "roles": {
        "redshift": "arn:aws:iam::123456789012:role/trainyard-redshift",
        "emr_service": "arn:aws:iam::123456789012:role/trainyard-emr",
        "emr_ec2": "trainyard-emr-ec2",
        "training": "arn:aws:iam::123456789012:role/trainyard-training",
        "processing": "arn:aws:iam::123456789012:role/trainyard-processing",
        "hosting": "arn:aws:iam::123456789012:role/trainyard-hosting",
    },
    "warehouse": {"workgroup": "trainyard", "database": "dev"},
    "emr_serverless": {
        "application": "00f1r4qk7sv2mt01",
        "role": "arn:aws:iam::123456789012:role/trainyard-emr-serverless",
    },
    "landing_queue": "https://sqs.us-east-1.amazonaws.com/123456789012/trainyard-landing",
}

SETTINGS = Settings.from_json(VARIABLE)

RUN = Run(
    model="recommender",
    partition="2026-02-02",
    partition_end="2026-02-09",
    bucket=SETTINGS.bucket,
    code_version="abc123",
    code_prefix=f"s3://{SETTINGS.bucket}/code/abc123/",
    run_type="scheduled",
    release=True,
    release_reason="The run may release.",
)


def job(task: str, *, replacement: int = 0, limit: int = 63, **inputs: Any) -> Job:
    """The job of a task in the made-up run."""
    identity = Identity(task=task, digest="3f9c2a1b7d", generation=1, retry=0)
    return Job(
        name=identity.job_name(SPEC.name, replacement, limit),
        place=RUN.place(task.rpartition(".")[2], identity.token(replacement)),
        spec=SPEC,
        settings=SETTINGS,
        run=RUN,
        inputs=inputs,
        tags=tags_of(
            bucket=SETTINGS.bucket,
            model=SPEC.name,
            partition=RUN.partition,
            dag_id="recommender",
            run_id="manual__2026-02-09T00:00:00+00:00_Xy",
            task_id=task,
        ),
    )
