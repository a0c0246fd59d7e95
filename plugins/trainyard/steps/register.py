"""register: every trained model, accepted or not, with what it was made from."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.calls import Exists, call
from trainyard.aws.runtime import Runtime
from trainyard.requests import registry

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.job import Job
    from trainyard.spec import ModelSpec


def register(spec: ModelSpec, examples: XComArg, model: XComArg, verdict: XComArg) -> XComArg:
    """Put the model into the registry, with the gate's reason: Approved, Rejected, or PendingManualApproval.

    The last is a model of an older partition that was good enough, but not compared with the live one.

    Returns ``model_package`` (ARN), ``model_version`` (number), ``approved`` (bool), ``reason``, ``partition``,
    ``checksum`` (SHA-256 of the artifact), ``champion_version`` (the live one that it was compared with, or null).
    """

    @task(task_id="register")
    def body(examples: Any, model: Any, verdict: Any) -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        job, client = runtime.job(spec, runtime.run(), {}), runtime.aws.client("sagemaker")
        checksum = runtime.objects.sha256(model["artifact"])
        group = registry.package_group(job)
        with suppress(Exists):  # made with the model's first version
            call(client, "create_model_package_group", group["ModelPackageGroupName"], **group)
        request = registry.package(
            job,
            artifact=model["artifact"],
            approved=verdict["accepted"],
            compared=verdict["compared"],
            reason=verdict["reason"],
            evaluation=verdict["evaluation"],
            metadata=metadata(job, examples, model, verdict) | {"artifact_sha256": checksum},
        )
        arn = call(client, "create_model_package", job.name, **request)["ModelPackageArn"]
        version = call(client, "describe_model_package", arn, ModelPackageName=arn)["ModelPackageVersion"]
        return {
            "model_package": arn,
            "model_version": int(version),
            "approved": bool(verdict["accepted"] and verdict["compared"]),
            "reason": verdict["reason"],
            "partition": job.run.partition,
            "checksum": checksum,
            "champion_version": verdict["champion_version"],
        }

    return body(examples, model, verdict)


def metadata(job: Job, examples: dict[str, Any], model: dict[str, Any], verdict: dict[str, Any]) -> dict[str, str]:
    """Return what a version can be asked for later: its origin, its figures and the verdict."""
    metrics = {
        f"{who}:{name}": f"{value:.6f}"
        for who in ("challenger", "champion", "baseline")
        for name, value in (verdict[who] or {}).items()
        if value is not None
    }
    origin = {
        "partition": job.run.partition,
        "code_version": job.run.code_version,
        "manifest": examples["manifest"],
        "manifest_digest": examples["digest"],
        "training_job": model["job"],
        "encoding": examples.get("encoding") or "",
        "dag_run": job.tags["trainyard:run"],
        "reason": verdict["reason"],
    }
    return origin | metrics
