"""find_live: the version that scores when nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.live import live_version
from trainyard.aws.runtime import Runtime
from trainyard.errors import InputError

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def find_live(spec: ModelSpec, after: XComArg) -> XComArg:
    """Look up the version that is live, once there is something to score; nothing live is a failure that says so.

    Returns ``endpoint``, ``endpoint_config``, ``model_package``, ``model_version``, ``partition`` (of the model),
    ``artifact``, ``encoding`` (URI, empty where it has none), ``approved`` (true: it is live).
    """

    @task(task_id="find_live")
    def body() -> dict[str, Any]:
        live = live_version(Runtime(get_current_context()).aws, spec.serving.endpoint)
        if live is None:
            raise InputError(
                f"Nothing is live at the endpoint {spec.serving.endpoint}, so there is nothing to score with. Remedy: "
                f"run the DAG that trains {spec.name}, then clear this task."
            )
        return live.to_json() | {"approved": True}

    found = body()
    after.set_downstream(found)
    return found
