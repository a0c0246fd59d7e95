"""The first task of every run: which partition, which code, which hyperparameters, and may it release?"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from trainyard.aws.calls import Absent
from trainyard.aws.records import begun, ledger_of
from trainyard.aws.runtime import Runtime
from trainyard.choices import hyperparameters, refuse_contradictions, refuse_large, refuse_unknown
from trainyard.errors import JobLost, ParamError, PartitionError, TrainyardError
from trainyard.gate import may_release
from trainyard.operators.began import began_as
from trainyard.partitions import Partition, named_by, resolve
from trainyard.paths import code_pointer, code_prefix
from trainyard.run import Run
from trainyard.triggers.rows import RowsTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.spec import ModelSpec

_NEWS = ("_live", "_drift")  # assets whose events say what happened to a model, and not which data there is
_QUERY_SECONDS = 600.0  # a serverless warehouse that sleeps takes a while to wake up


class ResolveRunOperator(BaseOperator):
    """Answer once what every later task asks. Only the newest partition is a question to the warehouse.

    Args:
        spec: the model.
    """

    def __init__(self, *, spec: ModelSpec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec

    def execute(self, context: Context) -> dict[str, Any]:
        """Resolve the run; ask for the newest complete partition when nothing names one."""
        runtime = Runtime(context)
        dag_run: Any = context["dag_run"]
        refuse_large(dag_run.conf or {})
        refuse_unknown(dag_run.conf or {}, self.dag.params)
        refuse_contradictions(context["params"], self.spec.search.ranges)
        says = dag_run.partition_key or context["params"].get("partition") or dag_run.data_interval_start
        if not (says or _named(context)):
            self._ask_newest(runtime)
        return self._resolved(context, runtime, None)

    def newest_found(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on with the newest complete partition."""
        if event["outcome"] == "failed":
            about = f"the partitions of {self.spec.source.table}"
            error = JobLost if event["transient"] else PartitionError
            if error is JobLost:
                raise JobLost(service="redshift-data", call="ExecuteStatement", about=about, reason=event["reason"])
            raise PartitionError(f"Could not read {about}: {event['reason']}")
        newest = event["rows"][0][0] if event["rows"] else None
        return self._resolved(context, Runtime(context), newest)

    def _ask_newest(self, runtime: Runtime) -> None:
        source = self.spec.source
        trigger = RowsTrigger(
            sql=f"SELECT CAST(max(partition_start) AS varchar) FROM {source.partitions} WHERE table_name = :name",  # noqa: S608 - ModelSpec checks the name
            parameters={"name": source.table},
            target=runtime.settings.warehouse.target(),
            region=runtime.aws.region,
            interval=runtime.settings.poll_seconds,
            deadline=time.time() + _QUERY_SECONDS,
            once=True,
        )
        self.defer(trigger=trigger, method_name="newest_found", timeout=timedelta(seconds=2 * _QUERY_SECONDS))

    def _resolved(self, context: Context, runtime: Runtime, newest: str | None) -> dict[str, Any]:
        dag_run, params = context["dag_run"], context["params"]
        partition = resolve(
            self.spec.calendar,
            datetime.now(UTC),
            partition_key=dag_run.partition_key,
            form=params.get("partition"),
            named=_named(context),
            data_interval_start=dag_run.data_interval_start,
            newest=newest[:10] if newest else None,
        )
        only = [str(Partition.parse(name, self.spec.calendar, "Field 'only':")) for name in params.get("only") or ()]
        if only and str(partition) not in only:
            raise AirflowSkipException(f"Partition {partition} is none of those that the field 'only' names.")
        run = self._run(context, runtime, partition)
        told = (self.spec.name, run.partition, run.partition_end, run.code_version, run.release_reason)
        self.log.info("%s, partition %s up to %s, code %s. %s", *told)
        ledger_of(runtime, self.spec).begin(begun(context, run))
        return run.to_json()

    def _run(self, context: Context, runtime: Runtime, partition: Partition) -> Run:
        params: Any = context["params"]
        bucket = runtime.settings.bucket
        version = params.get("code_version") or self._current_code(runtime, bucket)
        if not runtime.objects.exists(f"{code_prefix(bucket, version)}release.json"):
            raise ParamError(
                f"Field 'code_version': there is no version {version!r} in {bucket}: 'yard release' says which it made."
            )
        run_type = began_as(context)
        verdict = may_release(
            run_type=run_type,
            wanted=bool(params.get("release", True)),
            backfill_wanted=bool(params.get("release_backfill", False)),
        )
        return Run(
            model=self.spec.name,
            partition=partition.start.isoformat(),
            partition_end=partition.end.isoformat(),
            bucket=bucket,
            code_version=version,
            code_prefix=code_prefix(bucket, version),
            run_type=run_type,
            release=verdict.accepted,
            release_reason=verdict.reason,
            tune=bool(params.get("tune", False)),
            warm_start=tuple(params.get("warm_start") or ()),
            hyperparameters=hyperparameters(params, self.spec.training.hyperparameters),
            starts_at=partition.bounds[0],
            ends_at=partition.bounds[1],
            began_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    def _current_code(self, runtime: Runtime, bucket: str) -> str:
        pointer = code_pointer(bucket)
        try:
            return str(runtime.objects.read_json(pointer)["version"])
        except Absent:
            raise TrainyardError(f"{pointer} is not there: publish the code with 'yard release' first.") from None


def _named(context: Context) -> list[str]:
    """Return what the asset events that started the run name as its partition."""
    events: Any = context.get("triggering_asset_events") or {}
    return [
        name
        for asset, told in events.items()
        if not asset.name.endswith(_NEWS)
        for event in told
        for name in named_by(event.extra, event.partition_key)
    ]
