"""Scores back into the warehouse: COPY, as one transaction that replaces exactly one partition.

A reader sees the former scores of the partition or the new ones, never both, none or some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.owners import sign
from trainyard.requests.unload import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainyard.job import Job
    from trainyard.manifests import File

INSERT = -1  # where the statement stands whose rows are what was published


def copy_manifest(bucket: str, files: Sequence[File]) -> dict[str, Any]:
    """Return the manifest by which COPY takes these files, each of them that has bytes, and no other."""
    return {
        "entries": [
            {"url": f"s3://{bucket}/{file.key}", "mandatory": True, "meta": {"content_length": file.size}}
            for file in files
            if file.size
        ]
    }


def statements(job: Job, manifest: str, *, rows: int, model_version: int) -> list[str]:
    """Return the transaction, in order. Nothing in it is a parameter: the Data API's batches know none.

    Args:
        job: the step that publishes.
        manifest: the URI of COPY's manifest of the files, lines of key and score.
        rows: how many there must be, each with a key of its own; else the transaction fails.
        model_version: the one that scored.

    Raises:
        InputError: when the model names no table.
    """
    scores = job.spec.scores
    if scores is None:
        raise InputError(f"{job.spec.name} has no ModelSpec.scores: there is no table for its scores to go to.")
    table, key, partition = scores.table, scores.key, quoted(job.run.partition)
    incoming = f"incoming_{job.place.token.replace('-', '_')}"  # a temporary table: it goes with the session
    whole = f"COUNT(*) = {rows} AND COUNT(DISTINCT {key}) = {rows} AND COUNT(score) = {rows}"
    return [
        f"CREATE TABLE IF NOT EXISTS {table} (partition_start date NOT NULL, {key} {scores.key_type} NOT NULL, "
        "score float8 NOT NULL, model_version integer NOT NULL, scored_at timestamp NOT NULL)",
        f"CREATE TEMP TABLE {incoming} ({key} {scores.key_type}, score float8)",
        f"COPY {incoming} FROM {quoted(manifest)} IAM_ROLE {quoted(job.settings.roles.redshift)} MANIFEST FORMAT CSV",
        # A number divided by zero ends the transaction: SQL has no other way to say "this must be so".
        f"SELECT 1 / CASE WHEN {whole} THEN 1 ELSE 0 END AS every_key_has_one_score FROM {incoming}",  # noqa: S608 - Scores checks the names
        f"DELETE FROM {table} WHERE partition_start = {partition}",  # noqa: S608 - Scores checks the names
        f"INSERT INTO {table} SELECT CAST({partition} AS date), {key}, score, {model_version}, GETDATE() "  # noqa: S608 - Scores checks the names
        f"FROM {incoming}",
    ]


def publish(job: Job, manifest: str, *, rows: int, model_version: int) -> dict[str, Any]:
    """Return the BatchExecuteStatement of the transaction; see ``statements``."""
    sqls = statements(job, manifest, rows=rows, model_version=model_version)
    sqls[0] = f"/* {sign(job.tags)} */ {sqls[0]}"
    target: Mapping[str, str] = job.settings.warehouse.target()
    return {**target, "Sqls": sqls}
