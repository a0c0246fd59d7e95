"""Wait until a step's manifest is published, and check that it says the truth."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSensorTimeout, AirflowSkipException

from trainyard.aws.runtime import Runtime
from trainyard.errors import CallRefused, CallUnavailable
from trainyard.triggers.manifest import ManifestTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context


class ManifestSensor(BaseSensorOperator):
    """Wait for a manifest. An empty one ends the run here: there is nothing to learn from, and nothing is wrong.

    Args:
        source: what the step returned that publishes the manifest; its ``manifest`` is the URI. (templated)
    """

    template_fields: Sequence[str] = ("source",)

    def __init__(self, *, source: Any, **kwargs: Any) -> None:
        super().__init__(**{"timeout": timedelta(hours=1)} | kwargs)
        self.source = source

    def execute(self, context: Context) -> Any:
        """Look once here; wait in the triggerer when it is not there yet."""
        runtime, uri = Runtime(context), self.source["manifest"]
        if runtime.objects.exists(uri):
            return self._checked(context, runtime)
        trigger = ManifestTrigger(
            uri=uri,
            region=runtime.aws.region,
            interval=runtime.settings.poll_seconds,
            deadline=time.time() + self.timeout,
        )
        self.defer(trigger=trigger, method_name="finish", timeout=timedelta(seconds=self.timeout + 3600))

    def finish(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Check what was published."""
        uri = self.source["manifest"]
        if event["outcome"] == "failed":
            error = CallUnavailable if event["transient"] else CallRefused
            raise error(service="s3", call="HeadObject", about=uri, reason=event["reason"])
        if event["outcome"] == "absent":
            raise AirflowSensorTimeout(f"{uri} was not published within {timedelta(seconds=self.timeout)}.")
        return self._checked(context, Runtime(context))

    def _checked(self, context: Context, runtime: Runtime) -> dict[str, Any]:
        uri = self.source["manifest"]
        manifest = runtime.objects.manifest(uri)
        told = {"manifest": uri, "outcome": manifest.outcome, "rows": manifest.rows, "bytes": manifest.size}
        if manifest.outcome == "empty":
            reason = f"Partition {manifest.partition} is empty: {manifest.step} left no rows to learn from."
            context["ti"].xcom_push(key="outcome", value=told | {"reason": reason})
            raise AirflowSkipException(reason)
        self.log.info("%s: %s rows in %d files, whole.", uri, manifest.rows, len(manifest.files))
        return told | {"data": self.source["data"], "digest": manifest.digest}
