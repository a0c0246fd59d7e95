"""retire: what was live long ago makes room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.runtime import Runtime
from trainyard.operators.retire import retire as retire_now

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def retire(spec: ModelSpec, live: XComArg) -> XComArg:
    """Delete the model's old endpoint configs, and the SageMaker models that only they used, once the new one answers.

    What any endpoint uses stays, and so do the newest ``Serving.keep`` others: one can go back to those at once. The
    registry and the artifacts stay whole, so what was deleted here can be made again.

    Returns ``endpoint_configs`` and ``models``: the names of what is gone.
    """

    @task(task_id="retire")
    def body(live: Any) -> dict[str, Any]:
        del live  # it only has to be there
        gone = retire_now(Runtime(get_current_context()).aws, spec.name, spec.serving.keep)
        return {"endpoint_configs": list(gone.endpoint_configs), "models": list(gone.models)}

    return body(live)
