"""unload: the author's SELECTs, as files in S3."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from trainyard.aws.calls import Absent
from trainyard.catalog import STATEMENT
from trainyard.errors import InputError, ManifestError
from trainyard.manifests import File
from trainyard.operators.job import JobOperator
from trainyard.paths import split
from trainyard.requests.unload import unload as unload_request

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.run import Run
    from trainyard.spec import ModelSpec


def unload(spec: ModelSpec, source: XComArg) -> dict[str, XComArg]:
    """Unload the partition with the SQL of the run's code version, each dataset by a statement of its own.

    Returns for each dataset (a source of one has no name for it) ``manifest`` (URI), ``data`` (URI of Redshift's own
    manifest), ``outcome`` (complete, empty), ``rows``, ``bytes``, ``files``, ``seconds``, ``statement`` (id).
    """
    return {dataset: _unload(spec, source, dataset) for dataset in spec.source.datasets}


def _unload(spec: ModelSpec, source: XComArg, dataset: str) -> XComArg:
    return JobOperator(
        task_id=f"unload_{dataset}" if dataset else "unload",
        kind=STATEMENT,
        spec=spec,
        inputs={"source": source},
        request=partial(_request, dataset),
        result=partial(_result, dataset),
        time_limit=spec.source.time_limit,
    ).output


def render(sql: str, run: Run, dataset: str = "") -> str:
    """Fill in what a SQL file may ask for; it sees nothing else.

    ``partition_start`` and ``partition_end`` are the first instant of the partition and the first one after it, in UTC,
    for columns with a time; ``first_day`` and ``end_day`` the days of the calendar's time zone, for columns of dates.

    Raises:
        InputError: when it asks for something else.
    """
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        template = environment.from_string(sql)
        return template.render(
            partition_start=run.starts_at,
            partition_end=run.ends_at,
            first_day=run.partition,
            end_day=run.partition_end,
            dataset=dataset,
        )
    except TemplateError as error:
        raise InputError(
            f"The SQL file cannot be rendered: {error}. It sees partition_start, partition_end, first_day, end_day and "
            "dataset, no more."
        ) from None


def _sql(job: Job, dataset: str) -> str:
    return f"{job.run.code_prefix}sql/{job.spec.source.datasets[dataset]}"


def _request(dataset: str, job: Job, runtime: Runtime) -> Request:
    return unload_request(job, render(runtime.objects.read(_sql(job, dataset)).decode(), job.run, dataset))


def _result(dataset: str, ended: Ended) -> dict[str, Any]:
    job, objects = ended.job, ended.runtime.objects
    data = f"{job.place.folder('data')}manifest"
    files = _listed(objects, data, int(ended.description.get("ResultRows", -1)))
    manifest = job.manifest(
        files,
        now=datetime.now(UTC),
        made_from=[_sql(job, dataset)],
        facts={"statement": ended.ref["Id"]},
    )
    present = {file.key: file.size for file in objects.listing(job.place.folder("data"))}
    manifest.check_files(present)
    manifest.check_nothing_else(key for key in present if key != split(data)[1])
    objects.publish(job.place, manifest)
    return {
        "manifest": job.place.manifest,
        "data": data,
        "outcome": manifest.outcome,
        "rows": manifest.rows,
        "bytes": manifest.size,
        "files": len(files),
        "seconds": round(int(ended.description.get("Duration", 0)) / 1e9, 3),
        "statement": ended.ref["Id"],
    }


def _listed(objects: Any, manifest: str, rows: int) -> list[File]:
    """Return what Redshift's manifest lists. Zero rows may leave no manifest at all."""
    try:
        entries = json.loads(objects.read(manifest))["entries"]
    except Absent:
        if rows > 0:
            raise ManifestError(f"the statement unloaded {rows} rows, but left no {manifest}") from None
        return []
    return [
        File(split(entry["url"])[1], int(entry["meta"]["content_length"]), int(entry["meta"]["record_count"]))
        for entry in entries
    ]
