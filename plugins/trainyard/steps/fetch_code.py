"""fetch_code: a model's script from a revision of a git repository, for teams whose code lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.runtime import Runtime
from trainyard.operators.git_code import stage

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.git_source import GitCode
    from trainyard.spec import ModelSpec


def fetch_code(spec: ModelSpec, code: GitCode, run: XComArg) -> XComArg:
    """Pack the revision's folder into the run's place, once: a retry takes the commit that the first try took.

    Returns ``code`` (URI of sourcedir.tar.gz), ``manifest``, ``repo``, ``branch``, ``commit``, ``folder``, ``sha256``.
    """

    @task(task_id="fetch_code")
    def body() -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        return stage(runtime.job(spec, runtime.run(), {}), code, runtime.aws, runtime.objects)

    fetched = body()
    run.set_downstream(fetched)
    return fetched
