"""evaluate: challenger, champion and a simple rule on the same rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainyard.catalog import PROCESSING
from trainyard.job import seconds_of
from trainyard.operators.job import JobOperator
from trainyard.requests.processing import evaluation_job

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec

_MEASURED = ("challenger", "champion", "baseline", "baseline_name")


def evaluate(spec: ModelSpec, examples: XComArg, model: XComArg, champion: XComArg) -> XComArg:
    """Measure the new model, the live one and a simple rule on the test rows of this partition.

    Returns ``evaluation`` (URI of evaluation.json), ``manifest``, ``challenger``, ``champion`` (null when nothing is
    live), ``baseline`` (metrics by name), ``baseline_name`` (what the simple rule is called), ``champion_version``
    (null when nothing is live), ``not_compared`` (why not, when something is), ``facts`` (the other figures of
    evaluation.json), ``job``, ``seconds``.
    """
    return JobOperator(
        task_id="evaluate",
        kind=PROCESSING,
        spec=spec,
        inputs={"examples": examples, "model": model, "champion": champion},
        request=_request,
        result=_result,
        time_limit=spec.evaluation.time_limit,
        pool=spec.evaluation.pool,
    ).output


def _request(job: Job, _runtime: Runtime) -> Request:
    examples, model, champion = (job.inputs[name] for name in ("examples", "model", "champion"))
    return evaluation_job(job, examples["examples"], model["artifact"], champion)


def told(value: Any) -> Any:
    """Return an evaluation as JSON has it: a figure that is no finite number becomes null, which the gate refuses."""
    if isinstance(value, dict):
        return {name: told(part) for name, part in value.items()}
    if isinstance(value, list):
        return [told(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _result(ended: Ended) -> dict[str, Any]:
    job, objects = ended.job, ended.runtime.objects
    uri = f"{job.place.uri}evaluation.json"
    found = told(objects.read_json(uri))
    made_from = [job.inputs["examples"]["manifest"], job.inputs["model"]["manifest"]]
    manifest = job.manifest([objects.whole(uri, job.name)], now=datetime.now(UTC), made_from=made_from, facts=found)
    objects.publish(job.place, manifest)
    measured = {key: found.get(key) for key in _MEASURED}
    measured["champion_version"] = job.inputs["champion"].get("model_version")
    measured["not_compared"] = job.inputs["champion"].get("not_compared", "")
    measured["facts"] = {key: value for key, value in found.items() if key not in _MEASURED}
    took = {"seconds": seconds_of(ended.description, "Processing")}
    return measured | {"evaluation": uri, "manifest": job.place.manifest, "job": job.name} | took
