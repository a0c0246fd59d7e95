"""score: every request of the partition, in batch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainyard.catalog import TRANSFORM
from trainyard.errors import ManifestError
from trainyard.job import seconds_of
from trainyard.manifests import File
from trainyard.operators.job import JobOperator
from trainyard.operators.serving import ensure_model, version_of
from trainyard.requests.endpoint import model as model_request
from trainyard.requests.transform import transform_job

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.run import Run
    from trainyard.spec import ModelSpec


def score(spec: ModelSpec, examples: XComArg, version: XComArg) -> XComArg:
    """Score all requests with the new version; skipped when the gate has not approved it.

    Returns ``manifest``, ``scores`` (URI of their folder), ``rows_in``, ``rows``, ``bytes``, ``files``,
    ``sample_answer`` (to the sample request of the examples), ``model``, ``model_version``, ``job``,
    ``seconds``.
    """
    return JobOperator(
        task_id="score",
        kind=TRANSFORM,
        spec=spec,
        inputs={"examples": examples, "version": version},
        request=_request,
        result=_result,
        before=_before,
        skip=_skip,
        time_limit=spec.serving.scoring.time_limit,
        pool=spec.serving.scoring.pool,
    ).output


def _skip(_run: Run, inputs: dict[str, Any]) -> str:
    version = inputs["version"]
    return "" if version["approved"] else f"Version {version['model_version']} is not approved: {version['reason']}"


def _before(job: Job, runtime: Runtime) -> None:
    ensure_model(job, runtime.aws, version_of(job.inputs["version"]))


def _request(job: Job, _runtime: Runtime) -> Request:
    name = model_request(job, version_of(job.inputs["version"]))["ModelName"]
    return transform_job(job, name, job.inputs["examples"]["score_requests"])


def _result(ended: Ended) -> dict[str, Any]:
    job, objects = ended.job, ended.runtime.objects
    scores = job.place.folder("scores")
    asked = objects.read_json(job.inputs["examples"]["score_requests"])
    rows_in = sum(objects.lines(f"{asked[0]['prefix']}{name}") for name in asked[1:])
    files = []
    for found in objects.listing(scores):
        rows = objects.lines(f"s3://{job.place.bucket}/{found.key}")
        files.append(File(found.key, found.size, rows, found.etag))
    manifest = job.manifest(
        files,
        now=datetime.now(UTC),
        made_from=[job.inputs["examples"]["manifest"], job.inputs["version"]["model_package"]],
        facts={"rows_in": rows_in},
    )
    if manifest.rows != rows_in:
        raise ManifestError(f"{rows_in} requests were answered by {manifest.rows} rows below {scores}")
    objects.publish(job.place, manifest)
    # A file of requests becomes one of answers, in the same order.
    first = f"{scores}{asked[1]}.out"
    return {
        "manifest": job.place.manifest,
        "scores": scores,
        "sample_answer": objects.first_line(first),
        "model_version": job.inputs["version"]["model_version"],
        "rows_in": rows_in,
        "rows": manifest.rows,
        "bytes": manifest.size,
        "files": len(files),
        "model": ended.description["ModelName"],
        "job": job.name,
        "seconds": seconds_of(ended.description, "Transform"),
    }
