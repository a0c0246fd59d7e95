"""Wait until the warehouse says that the source's partition is complete."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSensorTimeout

from trainyard.aws.runtime import Runtime
from trainyard.errors import CallRefused, CallUnavailable
from trainyard.triggers.rows import RowsTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.spec import ModelSpec

_POLLS_BETWEEN = 4  # data arrives in hours: asking the warehouse is dearer than describing a job


class SourcePartitionSensor(BaseSensorOperator):
    """Wait for the row of a partition in the table of complete partitions.

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
            sql=f'SELECT "rows", CAST(loaded_at AS varchar) FROM {source.partitions} '  # noqa: S608 - ModelSpec checks the name
            "WHERE table_name = :name AND partition_start = CAST(:day AS date) ORDER BY loaded_at DESC LIMIT 1",
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
        rows, loaded_at = event["rows"][0]
        self.log.info("%s, partition %s: %s rows, loaded at %s.", table, partition, rows, loaded_at)
        return {"table": table, "partition": partition, "rows": rows, "loaded_at": loaded_at}
