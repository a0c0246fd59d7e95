"""train: the model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainyard.catalog import TRAINING
from trainyard.operators.job import JobOperator
from trainyard.requests.training import training_job

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec


def train(spec: ModelSpec, examples: XComArg, chosen: XComArg) -> XComArg:
    """Train with the model's hyperparameters, what a search chose, and what the form says, the later winning.

    Returns ``artifact`` (URI of model.tar.gz), ``manifest``, ``bytes``, ``metrics``, ``hyperparameters``, ``seconds``,
    ``billable_seconds``, ``job``.
    """
    return JobOperator(
        task_id="train",
        kind=TRAINING,
        spec=spec,
        inputs={"examples": examples, "chosen": chosen},
        request=_request,
        result=_result,
        time_limit=spec.training.time_limit,
        pool=spec.training.compute.pool,
        # The search may be skipped; a partition that is empty skips this, too.
        trigger_rule="none_failed_min_one_success",
    ).output


def hyperparameters(job: Job) -> dict[str, Any]:
    """Return what the training is called with."""
    chosen: dict[str, Any] = (job.inputs.get("chosen") or {}).get("hyperparameters", {})
    return dict(job.spec.training.hyperparameters) | chosen | dict(job.run.hyperparameters)


def _request(job: Job, _runtime: Runtime) -> Request:
    return training_job(job, job.inputs["examples"], hyperparameters(job))


def _result(ended: Ended) -> dict[str, Any]:
    job, objects, told = ended.job, ended.runtime.objects, ended.description
    artifact = told["ModelArtifacts"]["S3ModelArtifacts"]
    model = objects.whole(artifact, job.name)
    metrics = {metric["MetricName"]: float(metric["Value"]) for metric in told.get("FinalMetricDataList", [])}
    facts = {"metrics": metrics, "hyperparameters": hyperparameters(job)}
    manifest = job.manifest([model], now=datetime.now(UTC), made_from=[job.inputs["examples"]["manifest"]], facts=facts)
    objects.publish(job.place, manifest)
    return facts | {
        "artifact": artifact,
        "manifest": job.place.manifest,
        "bytes": model.size,
        "seconds": told.get("TrainingTimeInSeconds", 0),
        "billable_seconds": told.get("BillableTimeInSeconds", 0),
        "job": job.name,
    }
