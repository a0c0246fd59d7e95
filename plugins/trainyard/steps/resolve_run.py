"""resolve_run: what this run is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainyard.aws.runtime import RESOLVE
from trainyard.operators.resolve import ResolveRunOperator

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def resolve_run(spec: ModelSpec) -> XComArg:
    """Resolve partition, code version, hyperparameters of the form, and whether the run may release.

    Returns the fields of ``trainyard.run.Run``: ``model``, ``partition``, ``partition_end``, ``bucket``,
    ``code_version``, ``code_prefix``, ``run_type``, ``release``, ``release_reason``, ``tune``, ``hyperparameters``.
    """
    return ResolveRunOperator(task_id=RESOLVE, spec=spec).output
