"""load: what was dropped goes into the warehouse, a partition whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import Asset, AssetWatcher, Param

from trainyard.catalog import TRANSACTION
from trainyard.errors import InputError, ManifestError
from trainyard.landing import is_data
from trainyard.operators.landing import FindDropsOperator, LoadOperator
from trainyard.requests import copy, landing
from trainyard.triggers.landing import LandingTrigger

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.landing import Landing, Landings
    from trainyard.manifests import File
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec

_TIME_LIMIT = timedelta(hours=2)


def landing_asset() -> Asset:
    """Return the asset that has an event for everything that is dropped whole below ``landing/``."""
    return Asset(name="landing", uri="x-trainyard://landing", watchers=[AssetWatcher("landing", LandingTrigger())])


def landing_form(landings: Landings) -> dict[str, Param]:
    """Return the form of the DAG that loads: for a run by hand, what to load again."""
    return {
        "table": Param(None, type=["null", "string"], enum=[None, *(table.table for table in landings.tables)],
                       title="Table", section="What", description="Only for a run by hand."),
        "partition": Param(None, type=["null", "string"], format="date", title="Partition", section="What",
                           description="First day of the partition, YYYY-MM-DD: what lies below landing/ for it."),
    }  # fmt: skip


def find_drops(landings: Landings) -> XComArg:
    """Name what this run loads.

    Returns a list, one item a partition: ``table``, ``partition``, ``key`` (of the one file; empty: a folder of them),
    ``refused`` (why it cannot be loaded).
    """
    return FindDropsOperator(task_id="find_drops", landings=landings).output


def load(landings: Landings, drops: XComArg) -> None:
    """Load each drop in one transaction, which replaces exactly its partition; one task instance a drop.

    Returns ``table``, ``partition``, ``rows``, ``files``, ``manifest``, ``statement`` (id), ``seconds``.
    """
    LoadOperator.partial(
        task_id="load",
        kind=TRANSACTION,
        spec=cast("ModelSpec", landings),  # a job asks what it is of for its name alone
        request=partial(_request, landings),
        result=_result,
        before=partial(_before, landings),
        time_limit=_TIME_LIMIT,
    ).expand(inputs=drops)


def _manifest(job: Job) -> str:
    return f"{job.place.uri}copy.manifest"


def _files(job: Job, table: Landing, runtime: Runtime) -> list[File]:
    """Return the files of a drop: the one that it names, else the folder's, else the partition's one file.

    Raises:
        InputError: when there is none, or one that is no data of the table.
    """
    bucket, partition, objects = job.place.bucket, job.run.partition, runtime.objects
    folder = table.folder(partition)
    if not job.inputs["key"]:
        found = [file for file in objects.listing(f"s3://{bucket}/{folder}") if is_data(file.key)]
        if odd := next((file.key for file in found if not table.takes(file.key, partition)), ""):
            raise InputError(f"s3://{bucket}/{odd} is no {table.format} file that lies directly in {folder}.")
        if found:
            return found
    single = objects.head(f"s3://{bucket}/{job.inputs['key'] or table.file(partition)}")
    if single is None:
        raise InputError(f"There is neither a file in s3://{bucket}/{folder} nor {table.file(partition)}.")
    return [single]


def _before(landings: Landings, job: Job, runtime: Runtime) -> None:
    """Write COPY's own manifest of the files that lie there now."""
    files = _files(job, landings.of(job.inputs["table"]), runtime)
    runtime.objects.write_json(_manifest(job), copy.copy_manifest(job.place.bucket, files))


def _request(landings: Landings, job: Job, _runtime: Runtime) -> Request:
    return landing.load(job, landings.of(job.inputs["table"]), _manifest(job))


def _result(ended: Ended) -> dict[str, Any]:
    job, objects = ended.job, ended.runtime.objects
    rows = int(ended.description["SubStatements"][landing.INSERT]["ResultRows"])
    if rows < 0:
        raise ManifestError(f"the warehouse does not say how many rows it has taken: {rows}")
    loaded = [entry["url"] for entry in objects.read_json(_manifest(job))["entries"]]
    facts = {"table": job.inputs["table"], "rows": rows, "files": len(loaded), "statement": ended.ref["Id"]}
    files = [objects.whole(_manifest(job), job.name)]
    objects.publish(job.place, job.manifest(files, now=datetime.now(UTC), made_from=loaded, rows=rows, facts=facts))
    seconds = round(int(ended.description.get("Duration", 0)) / 1e9, 3)
    return facts | {"partition": job.run.partition, "manifest": job.place.manifest, "seconds": seconds}
