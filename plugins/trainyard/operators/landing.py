"""Find what was dropped below ``landing/``, and load it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import BaseOperator

from trainyard.aws.claims import Claims
from trainyard.aws.runtime import Runtime
from trainyard.catalog import TRANSACTION
from trainyard.choices import refuse_unknown
from trainyard.errors import InputError, ManifestError, ParamError
from trainyard.landing import MARK, Created, Drop, is_data
from trainyard.operators.job import JobOperator
from trainyard.partitions import Partition
from trainyard.requests import copy, landing
from trainyard.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import Context

    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.landing import Landing, Landings
    from trainyard.manifests import File
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec

MOST = 500  # events that a run loads: Airflow maps no task over more than 1,024 ([core] max_map_length)
_TIME_LIMIT = timedelta(hours=2)


class FindDropsOperator(BaseOperator):
    """Name the partitions that this run loads: whatever was dropped and is loaded by no run, or what its form names.

    The run's own events are not enough. While a run is under way, Airflow (3.3.2) notes *that* there was another event
    and when the first one came; the next run is given the events up to that one, and those after it wait for the next
    event, however late that comes. Their notes are there (``aws.claims``), so the run that comes takes them as well, up
    to ``MOST``; the XCom ``rest`` says how many it leaves to the next one.

    What cannot be loaded is named, too, with the reason: its load fails, and the others go on.

    Args:
        landings: the tables that are filled.
    """

    def __init__(self, *, landings: Landings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.landings = landings

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list, one item a partition: ``table``, ``partition``, ``refused``."""
        runtime, dag_run = Runtime(context), context["dag_run"]
        refuse_unknown(dag_run.conf or {}, self.dag.params)
        form: Mapping[str, Any] = context["params"]
        by_form = form.get("table") or form.get("partition")
        runtime.ti.xcom_push(key="rest", value=0)
        found = [self._named(form)] if by_form else self._dropped(runtime, _events(context))
        drops = {(drop["table"], drop["partition"], drop["refused"]): drop for drop in found}
        for drop in drops.values():
            self.log.info("%s", drop)
        return list(drops.values())

    def _named(self, form: Mapping[str, Any]) -> dict[str, Any]:
        table, partition = form.get("table"), form.get("partition")
        if not table or not partition:
            raise ParamError("The form must name a table and a partition, or none of them: what waits is loaded then.")
        landing = self.landings.of(table)
        return asdict(Drop(table, str(Partition.parse(partition, landing.calendar)))) | {"refused": ""}

    def _dropped(self, runtime: Runtime, own: list[Created]) -> Iterator[dict[str, Any]]:
        claims, run = Claims(runtime.objects, runtime.settings.bucket), runtime.ti.run_id
        events = {(found.bucket, found.key): found for found in (*own, *claims.waiting(run))}
        left = MOST
        for number, created in enumerate(events.values()):
            if not left:
                runtime.ti.xcom_push(key="rest", value=len(events) - number)
                return
            loader = claims.load(created, run)
            if loader != run:
                self.log.info("%s is loaded by the run %s.", created.key, loader)
                continue
            left -= 1
            try:
                yield asdict(self.landings.drop(created.key)) | {"refused": ""}
            except InputError as error:
                yield {"table": "", "partition": "", "refused": f"{created.key}: {error}"}


def _events(context: Context) -> list[Created]:
    """Return the events that the run was started by."""
    triggering: Any = context["triggering_asset_events"]
    payloads = [(event.extra or {}).get("payload") for asset in triggering for event in triggering[asset]]
    return [Created(**payload) for payload in payloads if payload]


class LoadOperator(JobOperator):
    """Load one drop: a job whose run is about the drop's partition, whatever else the DAG's run loads.

    Args:
        landings: the tables that are filled. All that Airflow keeps of a mapped operator is text, so it gets no more.
        inputs: the drop, as ``FindDropsOperator`` names it. (templated)
    """

    def __init__(self, *, landings: Landings, inputs: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(
            kind=TRANSACTION,
            spec=cast("ModelSpec", landings),  # a job asks what it is of for its name alone
            request=partial(_request, landings),
            result=_result,
            before=partial(_before, landings),
            time_limit=_TIME_LIMIT,
            inputs=inputs,
            **kwargs,
        )
        self.landings = landings

    def run_of(self, runtime: Runtime) -> Run:
        """Return what this load is about.

        Raises:
            InputError: when the drop cannot be loaded; nothing was started.
        """
        if refused := self.inputs["refused"]:
            raise InputError(refused)
        partition = Partition.parse(self.inputs["partition"], self.landings.of(self.inputs["table"]).calendar)
        dag_run: Any = runtime.context["dag_run"]
        return Run(
            model=self.landings.name,
            partition=str(partition),
            partition_end=partition.end.isoformat(),
            bucket=runtime.settings.bucket,
            code_version="",
            code_prefix="",
            run_type=str(getattr(dag_run.run_type, "value", dag_run.run_type)),
            release=False,
            release_reason="A load releases nothing.",
        )


def _manifest(job: Job) -> str:
    return f"{job.place.uri}copy.manifest"


def _files(job: Job, table: Landing, runtime: Runtime) -> list[File]:
    """Return the files of a drop: the folder's, or the one file when that was put after the folder's mark.

    Which of them an event told of says nothing: events of different keys have no order.

    Raises:
        InputError: when there is none, or one that is no data of the table, or has no bytes.
    """
    bucket, partition, objects = job.place.bucket, job.run.partition, runtime.objects
    folder, whole = table.folder(partition), f"s3://{bucket}/{table.file(partition)}"
    put, marked = objects.modified(whole), objects.modified(f"s3://{bucket}/{folder}{MARK}")
    if marked and not (put and put > marked):
        found = [file for file in objects.listing(f"s3://{bucket}/{folder}") if is_data(file.key)]
        if odd := next((file.key for file in found if not table.takes(file.key, partition)), ""):
            raise InputError(f"s3://{bucket}/{odd} is no {table.format} file that lies directly in {folder}.")
        if not found:
            raise InputError(f"s3://{bucket}/{folder} has its {MARK}, and no {table.format} file.")
    else:
        single = objects.head(whole)
        if single is None:
            raise InputError(f"There is neither {table.file(partition)} nor {folder}{MARK} in {bucket}.")
        found = [single]
    if empty := next((file.key for file in found if not file.size), ""):
        raise InputError(f"s3://{bucket}/{empty} has no bytes: a {table.format} file without rows has some, too.")
    return found


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
