"""What each partition would be made from if it ran now: the fingerprint that its run would have."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from trainyard.choices import hyperparameters
from trainyard.fingerprints import CODE_ELSEWHERE, Fingerprint, fingerprint, release_files
from trainyard.loads import Loads, loads_sql
from trainyard.paths import code_prefix
from trainyard.run import Run
from yard import live
from yard.backfill.pipeline import Pipeline
from yard.errors import YardError
from yard.session import Session
from yard.warehouse import Warehouse


def marks(
    session: Session, pipeline: Pipeline, names: Sequence[str], conf: Mapping[str, Any]
) -> dict[str, Fingerprint]:
    """The fingerprints of those partitions that the source has.

    :param conf: the form's fields that the runs get.
    :raises YardError: when the source cannot be read, or no code was released.
    :raises ParamError: for a hyperparameter that is no number.
    """
    loads = source(session, pipeline)
    run = _run(session, pipeline, conf)
    files = release_files(_json(session, f"{run.code_prefix.removeprefix(f's3://{session.bucket}/')}release.json"))
    more = [_live(session, pipeline)] if "find_live" in pipeline.steps else []

    def mark(found: Loads) -> Fingerprint:
        inputs = [found.count, found.total, found.last, *more]
        made = fingerprint(pipeline.spec, run, files, inputs, pipeline.steps)
        # Such a partition is never left as unchanged.
        return replace(made, code="") if CODE_ELSEWHERE.intersection(pipeline.steps) else made

    return {name: mark(loads[name]) for name in names if name in loads}


def source(session: Session, pipeline: Pipeline) -> dict[str, Loads]:
    """What the warehouse says of each complete partition.

    :raises YardError: when the table is gone, or that of the complete partitions.
    """
    warehouse, wanted = Warehouse(session.aws, session.outputs), pipeline.spec.source
    warehouse.query(f"SELECT 1 FROM {wanted.table} LIMIT 1", f"read {wanted.table}")  # noqa: S608 - Source checks it
    rows = warehouse.query(loads_sql(wanted), f"read {wanted.partitions}", {"name": wanted.table})
    found: dict[str, Loads] = {}
    for loads in sorted(map(Loads.read, rows), key=lambda loads: loads.count):
        found[loads.partition] = loads
    if not found:
        raise YardError(f"{wanted.partitions} names no complete partition of {wanted.table}.", "Load its rows first.")
    return found


def _run(session: Session, pipeline: Pipeline, conf: Mapping[str, Any]) -> Run:
    version = str(conf.get("code_version") or _json(session, "code/current.json")["version"])
    return Run(
        model=pipeline.spec.name,
        partition="",
        partition_end="",
        bucket=session.bucket,
        code_version=version,
        code_prefix=code_prefix(session.bucket, version),
        run_type="backfill",
        release=False,
        release_reason="",
        tune=bool(conf.get("tune", False)),
        warm_start=tuple(conf.get("warm_start") or ()),
        hyperparameters=hyperparameters(conf, pipeline.spec.training.hyperparameters),
    )


def _live(session: Session, pipeline: Pipeline) -> str:
    """The model package behind the endpoint that scores; nothing while there is none."""
    found = live.describe(session.aws, pipeline.spec.serving.endpoint)
    return found.model_package if found and found.status not in ("Failed", "Creating", "Deleting") else ""


def _json(session: Session, key: str) -> dict[str, Any]:
    try:
        body = session.aws.client("s3").get_object(Bucket=session.bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        raise YardError(f"s3://{session.bucket}/{key} is not there.", "Publish the code: `yard release`.") from None
    found: dict[str, Any] = json.loads(body)
    return found
