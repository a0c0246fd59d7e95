"""adopt_version: the gate's verdict on a version that is in the registry already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.calls import call
from trainyard.aws.runtime import Runtime
from trainyard.requests.registry import judgement
from trainyard.steps.register import metadata

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def adopt_version(spec: ModelSpec, examples: XComArg, model: XComArg, verdict: XComArg) -> XComArg:
    """Approve or reject what ``read_version`` found, with the gate's reason, and complete what the version says.

    The counterpart of ``register``, for a version that a pipeline or a state machine has registered: afterwards the
    registry says the same of it as of one that a DAG has trained, and the steps that release take it as they do that.

    Returns ``model_package`` (ARN), ``model_version`` (number), ``approved`` (bool), ``reason``, ``partition``,
    ``checksum`` (SHA-256 of the artifact), ``champion_version`` (the live one that it was compared with, or null).
    """

    @task(task_id="adopt_version")
    def body(examples: Any, model: Any, verdict: Any) -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        job, arn = runtime.job(spec, runtime.run(), {}), model["model_package"]
        checksum = runtime.objects.sha256(model["artifact"])
        request = judgement(
            arn,
            approved=verdict["accepted"],
            compared=verdict["compared"],
            reason=verdict["reason"],
            metadata=metadata(job, examples, model, verdict) | {"artifact_sha256": checksum},
        )
        call(runtime.aws.client("sagemaker"), "update_model_package", arn, **request)
        return {
            "model_package": arn,
            "model_version": model["model_version"],
            "approved": bool(verdict["accepted"] and verdict["compared"]),
            "reason": verdict["reason"],
            "partition": job.run.partition,
            "checksum": checksum,
            "champion_version": verdict["champion_version"],
        }

    return body(examples, model, verdict)
