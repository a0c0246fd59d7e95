"""find_champion: what a new model must be compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.runtime import Runtime
from trainyard.operators.live import live_version

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def find_champion(spec: ModelSpec, model: XComArg) -> XComArg:
    """Look up the version that is live now, when the new model is trained: training may take hours.

    Returns ``live`` (bool) and, when something is, ``endpoint``, ``endpoint_config``, ``model_package``,
    ``model_version``, ``partition``, ``artifact``, ``encoding`` (URI, empty where it has none).
    """

    @task(task_id="find_champion")
    def body() -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        live = live_version(runtime.aws, spec.serving.endpoint)
        return live.to_json() if live else {"live": False}

    champion = body()
    model.set_downstream(champion)
    return champion
