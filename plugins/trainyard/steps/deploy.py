"""deploy: put the version live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Asset

from trainyard.operators.endpoint import EndpointOperator

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def live_asset(spec: ModelSpec) -> Asset:
    """Return the asset that stands for the live model: DAGs that follow a release are scheduled on it."""
    return Asset(name=f"{spec.name}_live", uri=f"x-sagemaker://endpoint/{spec.serving.endpoint}")


def deploy(spec: ModelSpec, examples: XComArg, version: XComArg, scores: XComArg) -> XComArg:
    """Create or update the endpoint; skipped, with the reason, when this run may not or something newer is live.

    Returns ``endpoint``, ``endpoint_config``, ``model_version``, ``model_package``, ``partition``, ``changed`` (false
    when it served this version already), ``sample_answer`` (the batch's, to the sample request). The model's asset gets
    an event only when this succeeds.
    """
    return EndpointOperator(
        task_id="deploy",
        spec=spec,
        version=version,
        examples=examples,
        scores=scores,  # what is scored is released together with what is served
        outlets=[live_asset(spec)],
    ).output
