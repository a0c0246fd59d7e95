"""Wait until the warehouse says that the source's partition is complete."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSensorTimeout

from trainyard.aws.live import live_version
from trainyard.aws.records import ledger_of
from trainyard.aws.runtime import Runtime
from trainyard.aws.skips import skip
from trainyard.errors import CallRefused, CallUnavailable, PartitionError
from trainyard.fingerprints import CODE_ELSEWHERE, fingerprint, release_files
from trainyard.ledger import unchanged
from trainyard.loads import Loads, of_partition
from trainyard.outcomes import UNCHANGED
from trainyard.triggers.rows import RowsTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.fingerprints import Fingerprint
    from trainyard.spec import ModelSpec

_FIND_LIVE = "find_live"
_POLLS_BETWEEN = 4  # data arrives in hours: asking the warehouse is dearer than describing a job


class SourcePartitionSensor(BaseSensorOperator):
    """Wait for the row of a partition in the table of complete partitions.

    A backfill of a partition that has a result of the same inputs, code and parameters is skipped here.

    Args:
        spec: the model.
    """

    def __init__(self, *, spec: ModelSpec, **kwargs: Any) -> None:
        super().__init__(timeout=spec.source.patience, **kwargs)
        self.spec = spec

    def execute(self, context: Context) -> Any:
        """Ask in the triggerer."""
        runtime, source = Runtime(context), self.spec.source
        trigger = RowsTrigger(
            sql=of_partition(source),
            parameters={"name": source.table, "day": runtime.run().partition},
            target=runtime.settings.warehouse.target(),
            region=runtime.aws.region,
            interval=runtime.settings.poll_seconds * _POLLS_BETWEEN,
            deadline=time.time() + self.timeout,
        )
        self.defer(trigger=trigger, method_name="finish", timeout=timedelta(seconds=self.timeout + 3600))

    def finish(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Return what the row says."""
        partition, table = Runtime(context).run().partition, self.spec.source.table
        if event["outcome"] == "failed":
            error = CallUnavailable if event["transient"] else CallRefused
            raise error(service="redshift-data", call="ExecuteStatement", about=table, reason=event["reason"])
        if event["outcome"] == "none":
            raise AirflowSensorTimeout(
                f"{table} has no complete partition {partition} after {timedelta(seconds=self.timeout)}. Remedy: load "
                f"it; its row in {self.spec.source.partitions} says that it is complete. Then clear this task."
            )
        loads = Loads.read(event["rows"][0])
        self.log.info("%s, partition %s: %s rows, loaded at %s.", table, partition, loads.rows, loads.loaded_at)
        self._require_former(context, loads)
        mark = self._fingerprint(context, loads)
        return {
            "table": table,
            "partition": partition,
            "rows": loads.rows,
            "loaded_at": loads.loaded_at,
            "loads": str(loads),
            "fingerprint": asdict(mark),
        }

    def _require_former(self, context: Context, loads: Loads) -> None:
        """Refuse a partition that builds on one without a result.

        Raises:
            PartitionError: naming the partition that is missing.
        """
        runtime = Runtime(context)
        start = date.fromisoformat(runtime.run().partition)
        former = self.spec.calendar.start_of(start - timedelta(days=1)).isoformat()
        if not self.spec.in_order or former < loads.first:
            return
        if ledger_of(runtime, self.spec).current(former) is None:
            raise PartitionError(
                f"Partition {start} of {self.spec.name} builds on {former}, which has no result. Remedy: run that one "
                "first; 'yard backfill' goes through a range in order."
            )

    def _fingerprint(self, context: Context, loads: Loads) -> Fingerprint:
        """Return what the run is made from; a backfill need not make the same again.

        Raises:
            AirflowSkipException: when the partition has a result of just this.
        """
        runtime = Runtime(context)
        run, steps = runtime.run(), {task_id.rpartition(".")[2] for task_id in self.dag.task_ids}
        inputs: list[Any] = [loads.count, loads.total, loads.last]
        if _FIND_LIVE in steps:  # scores depend on the model that makes them
            live = live_version(runtime.aws, self.spec.serving.endpoint)
            inputs.append(live.model_package if live else "")
        release = runtime.objects.read_json(f"{run.code_prefix}release.json")
        mark = fingerprint(self.spec, run, release_files(release), inputs, steps)
        params: Any = context["params"]
        if run.run_type != "backfill" or params.get("rebuild") or CODE_ELSEWHERE & steps:
            return mark
        current = ledger_of(runtime, self.spec).current(run.partition)
        cleared = current is not None and current.run_id == runtime.ti.run_id  # to be done anew
        if not cleared and (reason := unchanged(mark, current)):
            skip(runtime, f"{reason} To build it all the same, set 'rebuild' in the form.", UNCHANGED)
        return mark
