"""The model and the job that our side runs: as small as the stock operators' own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator

from bench.stock_operators.account import IMAGE
from trainyard.catalog import PROCESSING
from trainyard.gate import Gate
from trainyard.names import digest_of
from trainyard.operators.job import JobOperator
from trainyard.spec import Compute, ModelSpec, Search, Serving, Source, Spark, Training

if TYPE_CHECKING:
    from bench.stock_operators.account import Account
    from bench.stock_operators.driver import TaskInstance

SPEC = ModelSpec(
    name="compare",
    source=Source(table="shop.interactions", sql="recommender/interactions.sql"),
    spark=Spark("recommender/build_examples.py", compute=Compute("m5.xlarge", time_limit=timedelta(minutes=10))),
    training=Training("ncf", IMAGE, {"seconds": 1}, metrics={"score": "score=([0-9.]+);"}),
    search=Search("score", ranges={"seed": (1, 2)}, trials=1, parallel=1),
    gate=Gate("score", at_least=0.0),
    serving=Serving("compare", IMAGE),
)


def processing_request(role: str, seconds: int) -> dict[str, Any]:
    """A processing job that sleeps."""
    return {
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["sleep", str(seconds)]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        "RoleArn": role,
    }


def stock_job(account: Account, seconds: int, **options: Any) -> TaskInstance:
    """The stock operator's task, with its own defaults but the interval of its looks."""
    role = account.outputs["SageMakerProcessingRoleArn"]
    config = processing_request(role, seconds) | {"ProcessingJobName": account.name("nightly")}
    operator = SageMakerProcessingOperator(
        task_id=config["ProcessingJobName"], config=config, **({"check_interval": 1, "deferrable": True} | options)
    )
    return account.task(operator)


def our_job(account: Account, seconds: int) -> TaskInstance:
    """Our task."""
    operator = JobOperator(
        task_id=account.name("nightly"),
        kind=PROCESSING,
        spec=SPEC,
        request=lambda job, _runtime: processing_request(job.settings.roles.processing, seconds),
        result=lambda ended: {"job": ended.job.name},
        time_limit=timedelta(minutes=10),
    )
    return account.task(operator)


def jobs_of(account: Account, ti: TaskInstance) -> dict[str, str]:
    """The status of every processing job that a task has made, by name."""
    digest = digest_of(ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
    found = {}
    for part in (ti.task_id, digest):  # the stock job is named as its task; ours has the digest of it
        for item in account.client("sagemaker").list_processing_jobs(NameContains=part)["ProcessingJobSummaries"]:
            found[item["ProcessingJobName"]] = item["ProcessingJobStatus"]
    return found


def stop_all(account: Account, ti: TaskInstance) -> None:
    """End what a line has left running."""
    for name, status in jobs_of(account, ti).items():
        if status == "InProgress":
            account.client("sagemaker").stop_processing_job(ProcessingJobName=name)
