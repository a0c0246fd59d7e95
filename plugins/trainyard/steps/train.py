"""train: the model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainyard.catalog import TRAINING
from trainyard.operators.job import JobOperator
from trainyard.requests.training import former_model, training_job

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Ref, Request
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec


def train(
    spec: ModelSpec,
    examples: XComArg,
    chosen: XComArg,
    *,
    code: XComArg | None = None,
    former: XComArg | None = None,
) -> XComArg:
    """Train with the model's hyperparameters, what a search chose, and what the form says, the later winning.

    After a search the model is that of its best trial: the same training is not paid for twice.

    Args:
        spec: the model.
        examples: what it learns from.
        chosen: what a search chose.
        code: what ``fetch_code`` returned: the script is that revision's instead of the run's code version.
        former: what ``find_live`` returned: a built-in algorithm goes on from that model. Its examples must be encoded
            as that model's were: give the same to ``build_examples``.

    Returns ``artifact`` (URI of model.tar.gz), ``manifest``, ``bytes``, ``metrics``, ``hyperparameters``, ``seconds``,
    ``billable_seconds``, ``job``.
    """
    given = {"examples": examples, "chosen": chosen, "code": code, "former": former}
    return JobOperator(
        task_id="train",
        kind=TRAINING,
        spec=spec,
        inputs={name: value for name, value in given.items() if value is not None},
        request=_request,
        result=_result,
        before=_unpack if former is not None else None,
        done=best_trial,
        time_limit=spec.training.time_limit,
        pool=spec.training.compute.pool,
        # The search may be skipped; a partition that is empty skips this, too.
        trigger_rule="none_failed_min_one_success",
    ).output


def best_trial(job: Job) -> Ref | None:
    """Return the search's best trial, whose model goes on.

    One that was stopped on the way is trained to its end. Trials know nothing of a revision in git or a former model:
    where the training has one of these, it is done with what the search chose.
    """
    if job.inputs.get("code") or job.inputs.get("former"):
        return None
    chosen = job.inputs.get("chosen") or {}
    ended = {trial["job"]: trial["status"] for trial in chosen.get("trial_list", [])}
    best = chosen.get("best_job", "")
    return {"TrainingJobName": best} if ended.get(best) == "Completed" else None


def _unpack(job: Job, runtime: Runtime) -> None:
    """Put the files of the former model where the algorithm reads them: it does not unpack a channel."""
    runtime.objects.unpack(job.inputs["former"]["artifact"], former_model(job))


def hyperparameters(job: Job) -> dict[str, Any]:
    """Return what the training is called with."""
    chosen: dict[str, Any] = (job.inputs.get("chosen") or {}).get("hyperparameters", {})
    return dict(job.spec.training.hyperparameters) | chosen | dict(job.run.hyperparameters)


def _request(job: Job, _runtime: Runtime) -> Request:
    return training_job(job, job.inputs["examples"], hyperparameters(job))


def _result(ended: Ended) -> dict[str, Any]:
    job, objects, told = ended.job, ended.runtime.objects, ended.description
    artifact = told["ModelArtifacts"]["S3ModelArtifacts"]
    if not artifact.startswith(job.place.uri):  # a trial's, in the place of its search
        artifact = objects.copy(artifact, f"{job.place.uri}model.tar.gz")
    model = objects.whole(artifact, job.name)
    metrics = {metric["MetricName"]: float(metric["Value"]) for metric in told.get("FinalMetricDataList", [])}
    facts = {"metrics": metrics, "hyperparameters": hyperparameters(job)}
    origin = {"examples": "manifest", "code": "manifest", "former": "model_package"}
    made_from = [job.inputs[name][key] for name, key in origin.items() if name in job.inputs]
    manifest = job.manifest([model], now=datetime.now(UTC), made_from=made_from, facts=facts)
    objects.publish(job.place, manifest)
    return facts | {
        "artifact": artifact,
        "manifest": job.place.manifest,
        "bytes": model.size,
        "seconds": told.get("TrainingTimeInSeconds", 0),
        "billable_seconds": told.get("BillableTimeInSeconds", 0),
        "job": ended.ref["TrainingJobName"],
    }
