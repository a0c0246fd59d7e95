"""publish_features: what one day leaves for the weeks that are made of days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec

FEATURES = "features.json"


def publish_features(spec: ModelSpec, datasets: Mapping[str, XComArg]) -> XComArg:
    """Check what the day's UNLOADs left, and publish one manifest of them all.

    A day without rows is published like any other: a week has seven days, and zero rows is an answer.

    Returns ``manifest``, ``digest``, ``rows`` (of all datasets), ``datasets`` (rows by dataset).
    """

    @task(task_id="publish_features")
    def body(unloaded: dict[str, Any]) -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        job, objects = runtime.job(spec, runtime.run(), {}), runtime.objects
        found = {name: objects.manifest(told["manifest"]) for name, told in unloaded.items()}
        features = {
            name: {"manifest": unloaded[name]["manifest"], "data": unloaded[name]["data"], "digest": manifest.digest}
            | {"outcome": manifest.outcome, "rows": manifest.rows, "bytes": manifest.size}
            for name, manifest in found.items()
        }
        uri = f"{job.place.uri}{FEATURES}"
        objects.write_json(uri, features)
        rows = {name: manifest.rows or 0 for name, manifest in found.items()}
        listed = [objects.whole(uri, job.name)]
        made_from = [told["manifest"] for told in unloaded.values()]
        manifest = job.manifest(listed, now=datetime.now(UTC), made_from=made_from, facts={"rows": rows})
        objects.publish(job.place, manifest)
        total = sum(rows.values())
        return {"manifest": job.place.manifest, "digest": manifest.digest, "rows": total, "datasets": rows}

    return body(dict(datasets))
