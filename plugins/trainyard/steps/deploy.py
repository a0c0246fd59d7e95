"""deploy: put the version live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainyard.operators.endpoint import EndpointOperator
from trainyard.steps.assets import live_asset, tell

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


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
        post_execute=tell,
    ).output
