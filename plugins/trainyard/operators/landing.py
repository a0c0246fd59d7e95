"""Find what was dropped below ``landing/``, and load it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from trainyard.aws.claims import Claims
from trainyard.aws.runtime import Runtime
from trainyard.choices import refuse_unknown
from trainyard.errors import InputError, ParamError
from trainyard.landing import Created, Drop
from trainyard.operators.job import JobOperator
from trainyard.partitions import Partition
from trainyard.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import Context

    from trainyard.landing import Landings


class FindDropsOperator(BaseOperator):
    """Name the partitions that this run loads: those of its events, or the one that its form names.

    Airflow starts one run for all events that came since the last one, so a run may have several. An event that another
    run loads is left to it. What cannot be loaded is named, too, with the reason: its load fails, and the others go on.

    Args:
        landings: the tables that are filled.
    """

    def __init__(self, *, landings: Landings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.landings = landings

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list, one item a partition: ``table``, ``partition``, ``key``, ``refused``."""
        runtime, dag_run = Runtime(context), context["dag_run"]
        refuse_unknown(dag_run.conf or {}, self.dag.params)
        events = list(_events(context))
        found = [self._named(context["params"])] if not events else self._dropped(runtime, events)
        drops = {(drop["table"], drop["partition"], drop["refused"]): drop for drop in found}
        for drop in drops.values():
            self.log.info("%s", drop)
        return list(drops.values())

    def _named(self, form: Mapping[str, Any]) -> dict[str, Any]:
        table, partition = form.get("table"), form.get("partition")
        if not table or not partition:
            raise ParamError("The run was started by no event, so its form must name a table and a partition.")
        landing = self.landings.of(table)
        return asdict(Drop(table, str(Partition.parse(partition, landing.calendar)), "")) | {"refused": ""}

    def _dropped(self, runtime: Runtime, events: list[Created]) -> Iterator[dict[str, Any]]:
        claims = Claims(runtime.objects, runtime.settings.bucket)
        for created in events:
            loader = claims.load(created, runtime.ti.run_id)
            if loader != runtime.ti.run_id:
                self.log.info("%s is loaded by the run %s.", created.key, loader)
                continue
            try:
                yield asdict(self.landings.drop(created.key)) | {"refused": ""}
            except InputError as error:
                yield {"table": "", "partition": "", "key": created.key, "refused": str(error)}


def _events(context: Context) -> Iterator[Created]:
    """Yield the events of the run, each once, the newest of a key only."""
    by_key: dict[tuple[str, str], Created] = {}
    triggering: Any = context["triggering_asset_events"]
    for asset in triggering:
        for event in triggering[asset]:
            payload = (event.extra or {}).get("payload")
            if payload:
                created = Created(**payload)
                by_key[created.bucket, created.key] = created  # Airflow gives them in the order of their arrival
    yield from by_key.values()


class LoadOperator(JobOperator):
    """Load one drop: a job whose run is about the drop's partition, whatever else the DAG's run loads."""

    def run_of(self, runtime: Runtime) -> Run:
        """Return what this load is about.

        Raises:
            InputError: when the drop cannot be loaded; nothing was started.
        """
        if refused := self.inputs["refused"]:
            raise InputError(refused)
        partition = Partition.parse(self.inputs["partition"], self._landings.of(self.inputs["table"]).calendar)
        dag_run: Any = runtime.context["dag_run"]
        return Run(
            model=self._landings.name,
            partition=str(partition),
            partition_end=partition.end.isoformat(),
            bucket=runtime.settings.bucket,
            code_version="",
            code_prefix="",
            run_type=str(getattr(dag_run.run_type, "value", dag_run.run_type)),
            release=False,
            release_reason="A load releases nothing.",
        )

    @property
    def _landings(self) -> Landings:
        found: Any = self.spec  # see steps.load: a job asks what it is of for its name alone
        landings: Landings = found
        return landings
