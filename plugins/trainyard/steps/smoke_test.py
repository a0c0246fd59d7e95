"""smoke_test: ask the live endpoint as a user would."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.runtime import Runtime
from trainyard.operators.answers import require_content, require_version

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec

log = logging.getLogger(__name__)


def smoke_test(spec: ModelSpec, examples: XComArg, live: XComArg) -> XComArg:
    """Send one real request; the version deployed must answer, and must have something to say.

    Returns ``request``, ``answer``.
    """

    @task(task_id="smoke_test")
    def body(examples: Any, live: Any) -> dict[str, Any]:
        runtime, request = Runtime(get_current_context()), examples["sample_request"]
        answer = require_version(runtime.aws, spec.serving, live["model_version"], request, live)
        require_content(spec.serving, request, answer)
        log.info("%s answered %s with %s", live["endpoint"], request, answer)
        return {"request": request, "answer": answer}

    return body(examples, live)
