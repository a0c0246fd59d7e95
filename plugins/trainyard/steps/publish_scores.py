"""publish_scores: back into the warehouse, where those who need them look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trainyard.catalog import TRANSACTION
from trainyard.errors import ManifestError
from trainyard.operators.job import JobOperator
from trainyard.requests import copy
from trainyard.steps.assets import scores_asset, tell

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.run import Run
    from trainyard.spec import ModelSpec

_TIME_LIMIT = timedelta(hours=1)


def publish_scores(spec: ModelSpec, scores: XComArg) -> XComArg:
    """Copy the scores into the model's table, in one transaction that replaces exactly this partition.

    Skipped when the form says not to release: such a run tries something out. A backfill writes the scores that there
    are, also when it does not go live; a model that was not compared with a newer live one has scored nothing.

    Returns ``table``, ``partition``, ``rows``, ``model_version``, ``manifest``, ``digest``, ``statement`` (id),
    ``seconds``. Those who follow the scores are told by the model's asset.
    """
    return JobOperator(
        task_id="publish_scores",
        kind=TRANSACTION,
        spec=spec,
        inputs={"scores": scores},
        request=_request,
        result=_result,
        before=_before,
        skip=unwanted,
        time_limit=_TIME_LIMIT,
        outlets=[scores_asset(spec)],
        post_execute=tell,
    ).output


def unwanted(run: Run, _inputs: dict[str, Any]) -> str:
    """Return why this run leaves the table as it is, or nothing."""
    if run.release or run.run_type == "backfill":
        return ""
    return f"{run.release_reason} The table keeps the scores that it has."


def _manifest(job: Job) -> str:
    return f"{job.place.uri}copy.manifest"


def _before(job: Job, runtime: Runtime) -> None:
    """Write COPY's own manifest of the files that the scoring published."""
    published = runtime.objects.manifest(job.inputs["scores"]["manifest"])
    runtime.objects.write_json(_manifest(job), copy.copy_manifest(job.place.bucket, published.files))


def _request(job: Job, _runtime: Runtime) -> Request:
    told = job.inputs["scores"]
    return copy.publish(job, _manifest(job), rows=told["rows"], model_version=told["model_version"])


def _result(ended: Ended) -> dict[str, Any]:
    job, told = ended.job, ended.job.inputs["scores"]
    rows = int(ended.description["SubStatements"][copy.INSERT]["ResultRows"])
    if rows != told["rows"]:
        raise ManifestError(f"{told['rows']} scores became {rows} rows of the warehouse")
    table = job.spec.scores.table if job.spec.scores else ""
    facts = {"table": table, "rows": rows, "model_version": told["model_version"], "statement": ended.ref["Id"]}
    files = [ended.runtime.objects.whole(_manifest(job), job.name)]
    manifest = job.manifest(files, now=datetime.now(UTC), made_from=[told["manifest"]], rows=rows, facts=facts)
    ended.runtime.objects.publish(job.place, manifest)
    seconds = round(int(ended.description.get("Duration", 0)) / 1e9, 3)
    left = {"partition": job.run.partition, "manifest": job.place.manifest, "digest": manifest.digest}
    return facts | left | {"seconds": seconds}
