"""judge: may this model go live?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec

log = logging.getLogger(__name__)

_MEASURED = ("challenger", "champion", "baseline", "baseline_name", "champion_version", "evaluation")


def judge(spec: ModelSpec, evaluation: XComArg) -> XComArg:
    """Let the model's gate decide. A refusal is an outcome, not a failure: the run goes on and says so.

    Returns ``accepted`` (bool), ``reason``, ``metric``, ``compared`` (bool), ``challenger``, ``champion``, ``baseline``
    (metrics by name), ``baseline_name``, ``champion_version`` (null when nothing is live), ``evaluation`` (URI of
    evaluation.json).
    """

    @task(task_id="judge")
    def body(evaluation: Any) -> dict[str, Any]:
        # A champion that is live but was not measured must not be taken for "nothing is live".
        theirs = (evaluation["champion"] or {}) if evaluation["champion_version"] else None
        verdict = spec.gate.judge(
            evaluation["challenger"],
            theirs,
            evaluation["baseline"],
            evaluation["baseline_name"],
            evaluation.get("not_compared", ""),
        )
        log.info("%s: %s", "Accepted" if verdict.accepted else "Refused", verdict.reason)
        told = {"accepted": verdict.accepted, "reason": verdict.reason, "metric": spec.gate.metric}
        told["compared"] = not evaluation.get("not_compared")
        return told | {name: evaluation[name] for name in _MEASURED}

    return body(evaluation)
