"""find_features: the days that a week is made of, as one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.calls import Absent
from trainyard.aws.ledger import Ledger
from trainyard.aws.runtime import Runtime
from trainyard.errors import InputError, ManifestError
from trainyard.rollup import days_of, merged
from trainyard.steps.publish_features import FEATURES

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.objects import Objects
    from trainyard.job import Job
    from trainyard.run import Run
    from trainyard.spec import ModelSpec

    Days = dict[str, tuple[dict[str, str], dict[str, Any]]]  # by day: what the ledger notes, and features.json


def find_features(spec: ModelSpec, run: XComArg, days: ModelSpec, dag_id: str) -> XComArg:
    """Find what the ledger has of each day of the partition, check it, and publish one manifest of all of it.

    What the Spark job reads are the files that the days' UNLOADs left, no copies of them: exactly those that the days'
    manifests list, with the checksums that they have there.

    Args:
        spec: the model.
        run: what ``resolve_run`` returned.
        days: the pipeline that leaves the days.
        dag_id: its DAG.

    Returns what ``wait_for_manifest`` does: ``rows``, ``bytes``, and in ``datasets`` of each ``manifest``, ``data``,
    ``outcome``, ``rows``, ``bytes``, ``digest``; and ``days`` (digest by day). A day that is missing is an InputError
    that names it, before anything is started.
    """

    @task(task_id="find_features")
    def body() -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        job, objects = runtime.job(spec, runtime.run(), {}), runtime.objects
        found = _days(Ledger(objects, job.run.bucket, days.name, dag_id), objects, job.run)
        datasets = {name: _dataset(name, job, objects, found) for name in days.source.datasets}
        digests = {day: step["digest"] for day, (step, _) in found.items()}
        manifest = job.manifest(
            objects.listing(job.place.uri),
            now=datetime.now(UTC),
            made_from=[step["manifest"] for step, _ in found.values()],
            facts={"days": digests},
        )
        objects.publish(job.place, manifest)
        left = {"manifest": job.place.manifest, "digest": manifest.digest}
        total = {key: sum(told[key] for told in datasets.values()) for key in ("rows", "bytes")}
        return total | left | {"datasets": {name: told | left for name, told in datasets.items()}, "days": digests}

    found = body()
    run.set_downstream(found)
    return found


def _dataset(name: str, job: Job, objects: Objects, days: Days) -> dict[str, Any]:
    """Write down which files a dataset has on all days together, as one UNLOAD of them would have."""
    told = merged(name, _unloads(objects, {day: features[name] for day, (_, features) in days.items()}))
    uri = f"{job.place.uri}{name}.manifest"
    objects.write_json(uri, told)
    size = {"rows": told["meta"]["record_count"], "bytes": told["meta"]["content_length"]}
    return {"data": uri, "outcome": "complete"} | size


def _days(ledger: Ledger, objects: Objects, run: Run) -> Days:
    """Return by day which manifest is its result, and what that lists; all days, or InputError."""
    steps = {day: _step(ledger, day) for day in days_of(run)}
    if missing := [day for day, step in steps.items() if step is None]:
        raise InputError(
            f"Week {run.partition} has {len(steps) - len(missing)} of its {len(steps)} days. Missing: "
            f"{', '.join(missing)}. Remedy: run the DAG {ledger.dag_id} for them; the week then starts by itself."
        )
    found = {}
    for day, step in steps.items():
        assert step is not None  # noqa: S101 - for the type checker: the missing ones ended this above
        manifest = objects.manifest(step["manifest"])
        if manifest.digest != step["digest"]:
            raise ManifestError(f"{step['manifest']} is not what the ledger noted of day {day}.")
        found[day] = (step, objects.read_json(step["manifest"].removesuffix("manifest.json") + FEATURES))
    return found


def _step(ledger: Ledger, day: str) -> dict[str, str] | None:
    record = ledger.current(day)
    step = dict(record.steps.get("publish_features", {})) if record else {}
    return step if step.get("manifest") else None


def _unloads(objects: Objects, days: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return by day what its UNLOAD wrote about its files, after checking that they are the files of its manifest."""
    found = {}
    for day, told in days.items():
        if objects.manifest(told["manifest"]).digest != told["digest"]:
            raise ManifestError(f"{told['manifest']} has changed since day {day} was published.")
        try:
            found[day] = json.loads(objects.read(told["data"]))
        except Absent:
            if told["rows"]:
                raise
    return found
