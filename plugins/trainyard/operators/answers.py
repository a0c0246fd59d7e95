"""Who answers? The proof that an endpoint serves the version that was asked for.

A container that runs our own ``inference.py`` says its version in every answer. A built-in algorithm answers with a
bare number: there, the proof is that it gives the same answer to the same request as that version gave in the batch.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import call
from trainyard.errors import OutputWrong, RolledBack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.aws.clients import Aws
    from trainyard.spec import Serving

_SAME = 1e-6  # relative: one program and one model on machines of two kinds may differ in the last digits


def ask(aws: Aws, serving: Serving, request: Any) -> Any:
    """Send one request to the endpoint and return its answer: JSON for JSON, text for CSV."""
    as_json = serving.content_type == "application/json"
    reply = call(aws.client("sagemaker-runtime"), "invoke_endpoint", serving.endpoint, EndpointName=serving.endpoint,
                 ContentType=serving.content_type, Accept=serving.content_type,
                 Body=json.dumps(request) if as_json else request)  # fmt: skip
    answer: str = reply["Body"].read().decode()
    return json.loads(answer) if as_json else answer.strip()


def require_version(aws: Aws, serving: Serving, version: int, request: Any, expected: Mapping[str, Any]) -> Any:
    """Ask the endpoint, and return its answer if the version asked for is the version that answered.

    Args:
        aws: the account.
        serving: the endpoint.
        version: the one that should answer.
        request: one request.
        expected: what the version said in the batch: its ``sample_answer`` to this request.

    Raises:
        RolledBack: when another one answered.
        OutputWrong: when a score is no number.
    """
    answer = ask(aws, serving, request)
    said: Any = {"service": "sagemaker", "call": "InvokeEndpoint", "about": serving.endpoint}
    if serving.content_type == "text/csv":
        batch = expected["sample_answer"].rpartition(",")[2]
        if not math.isclose(_number(answer, said), _number(batch, said), rel_tol=_SAME, abs_tol=_SAME):
            reason = f"version {version} answered {batch} in the batch, but the endpoint answers {answer}: another does"
            raise RolledBack(**said, reason=reason)
        return answer
    if str(answer.get("model_version")) != str(version):
        reason = f"asked for version {version}, but version {answer.get('model_version')} answered"
        raise RolledBack(**said, reason=reason)
    return answer


def require_content(serving: Serving, request: Any, answer: Any) -> None:
    """Require that an answer says something: a number, or more than the version.

    Raises:
        OutputWrong: when it does not.
    """
    said: Any = {"service": "sagemaker", "call": "InvokeEndpoint", "about": serving.endpoint}
    if serving.content_type == "text/csv":
        _number(answer, said)
    elif not any(value for name, value in answer.items() if name != "model_version"):
        raise OutputWrong(**said, reason=f"it answered {request} with nothing but its version: {answer}")


def _number(text: str, said: Mapping[str, Any]) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise OutputWrong(**said, reason=f"it answered {text!r}, which is no number")
    return found
