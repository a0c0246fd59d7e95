"""Wait until steps' manifests are published, and check that they say the truth."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSensorTimeout

from trainyard.aws.runtime import Runtime
from trainyard.aws.skips import skip
from trainyard.errors import CallRefused, CallUnavailable, InputError
from trainyard.outcomes import EMPTY
from trainyard.triggers.manifest import ManifestTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context


class ManifestSensor(BaseSensorOperator):
    """Wait for the manifest of each dataset.

    All of them empty end the run here: there is nothing to learn from, and nothing is wrong.

    Args:
        datasets: what the steps returned that publish the manifests, by name; its ``manifest`` is the URI. (templated)
    """

    template_fields: Sequence[str] = ("datasets",)

    def __init__(self, *, datasets: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**{"timeout": timedelta(hours=1)} | kwargs)
        self.datasets = datasets

    def execute(self, context: Context) -> Any:
        """Look once here; wait in the triggerer for the first that is not there yet."""
        runtime = Runtime(context)
        for source in self.datasets.values():
            if not runtime.objects.exists(source["manifest"]):
                self._wait(runtime, source["manifest"])
        return self._checked(runtime)

    def finish(self, context: Context, event: dict[str, Any]) -> Any:
        """Check what was published, or go on waiting for the next."""
        if event["outcome"] == "failed":
            error = CallUnavailable if event["transient"] else CallRefused
            raise error(service="s3", call="HeadObject", about=event["uri"], reason=event["reason"])
        if event["outcome"] == "absent":
            raise AirflowSensorTimeout(f"{event['uri']} was not published within {timedelta(seconds=self.timeout)}.")
        return self.execute(context)

    def _wait(self, runtime: Runtime, uri: str) -> NoReturn:
        trigger = ManifestTrigger(
            uri=uri,
            region=runtime.aws.region,
            interval=runtime.settings.poll_seconds,
            deadline=time.time() + self.timeout,
        )
        self.defer(trigger=trigger, method_name="finish", timeout=timedelta(seconds=self.timeout + 3600))

    def _checked(self, runtime: Runtime) -> dict[str, Any]:
        found = {name: self._look(runtime, source) for name, source in self.datasets.items()}
        empty = [name for name, told in found.items() if told["outcome"] == "empty"]
        partition = runtime.run().partition
        if len(empty) == len(found):
            reason = f"Partition {partition} is empty: the source left no rows to learn from."
            skip(runtime, reason, EMPTY, rows=0)
        if empty:
            counts = ", ".join(f"{name} {told['rows']}" for name, told in found.items())
            raise InputError(
                f"Partition {partition}: the dataset {empty[0]!r} has no rows, while others have some ({counts}). "
                "Remedy: load what is missing, or change the SQL that splits the rows."
            )
        return {
            "rows": sum(told["rows"] or 0 for told in found.values()),
            "bytes": sum(told["bytes"] for told in found.values()),
            "datasets": found,
        }

    def _look(self, runtime: Runtime, source: dict[str, Any]) -> dict[str, Any]:
        uri = source["manifest"]
        manifest = runtime.objects.manifest(uri)
        self.log.info("%s: %s rows in %d files, whole.", uri, manifest.rows, len(manifest.files))
        told = {"manifest": uri, "outcome": manifest.outcome, "rows": manifest.rows, "bytes": manifest.size}
        return told | {"data": source["data"], "digest": manifest.digest}
