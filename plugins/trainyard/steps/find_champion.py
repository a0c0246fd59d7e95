"""find_champion: what a new model must be compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.live import live_version
from trainyard.aws.runtime import Runtime
from trainyard.gate import not_comparable

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def find_champion(spec: ModelSpec, model: XComArg) -> XComArg:
    """Look up the version that is live now, when the new model is trained: training may take hours.

    A live model of a later partition has learned from what an older one is tested on, so the two are not compared
    unless the form says so (``compare_older``).

    Returns ``live`` (bool), ``not_compared`` (why there is no champion although something is live) and, when there is
    one, ``endpoint``, ``endpoint_config``, ``model_package``, ``model_version``, ``partition``, ``artifact``,
    ``encoding`` (URI, empty where it has none).
    """

    @task(task_id="find_champion")
    def body() -> dict[str, Any]:
        context = get_current_context()
        runtime, params = Runtime(context), context["params"]
        live = live_version(runtime.aws, spec.serving.endpoint)
        if live is None:
            return {"live": False}
        reason = "" if params.get("compare_older") else not_comparable(runtime.run().partition, live.partition)
        return {"live": False, "not_compared": reason} if reason else live.to_json()

    champion = body()
    model.set_downstream(champion)
    return champion
