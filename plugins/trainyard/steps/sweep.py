"""sweep: what belongs to no live task is found, and stopped when asked to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, get_current_context, task

from trainyard.aws.runtime import Runtime
from trainyard.choices import refuse_unknown
from trainyard.operators.sweep import Sweep

if TYPE_CHECKING:
    from airflow.sdk import XComArg

_WHAT, _DO = "What", "Do"


def sweep_form() -> dict[str, Param]:
    """Return the form of the DAG that sweeps."""
    return {
        "stop": Param(False, type="boolean", title="Stop and delete what is found", section=_DO,
                      description="Off: only say what there is and what it costs."),
        "minutes": Param(15, type="integer", minimum=0, maximum=10080, title="Minutes", section=_WHAT,
                         description="Jobs and clusters that are younger are left alone."),
        "days": Param(7, type="integer", minimum=0, maximum=365, title="Days", section=_WHAT,
                      description="Places in the bucket that were written to since are left alone."),
        "keep": Param(3, type="integer", minimum=1, maximum=100, title="Idle versions to keep", section=_WHAT,
                      description="So many endpoint configs of each model stay beside the one that is served."),
    }  # fmt: skip


def sweep() -> XComArg:
    """Find the jobs, clusters, endpoints, endpoint configs, models and places in the bucket that no live task owns.

    Returns a list, one item a thing: ``kind``, ``name``, ``since``, ``why`` it is nobody's, what was ``done`` about it,
    and ``hourly`` and ``spent`` (US dollars at list price) or, of a place, ``bytes`` and ``monthly``.
    """

    @task(task_id="sweep")
    def body() -> list[dict[str, Any]]:
        context = get_current_context()
        form = dict(context["params"])
        refuse_unknown(form, sweep_form())
        return Sweep(
            Runtime(context),
            stop=form["stop"],
            older_than=timedelta(minutes=form["minutes"]),
            unpublished_for=timedelta(days=form["days"]),
            keep=form["keep"],
        ).sweep()

    return body()
