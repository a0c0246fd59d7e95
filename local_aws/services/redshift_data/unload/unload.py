"""UNLOAD from its text to its objects."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
from sqlglot import exp

from local_aws.moto_bridge import bucket_encryption
from local_aws.objects import ObjectStore
from local_aws.services.redshift_data.errors import Cancelled, RedshiftError
from local_aws.services.redshift_data.sql.dialect import parse
from local_aws.services.redshift_data.sql.plan import Plan
from local_aws.services.redshift_data.sql.statements import Source, single
from local_aws.services.redshift_data.sql.types import from_duckdb as type_from_duckdb
from local_aws.services.redshift_data.unload import parquet
from local_aws.services.redshift_data.unload.files import TextFiles, UnloadedFile
from local_aws.services.redshift_data.unload.manifest import manifest
from local_aws.services.redshift_data.unload.options import LARGEST_FILE, UnloadOptions, read_unload
from local_aws.services.redshift_data.unload.publish import Publication, refuse_used
from local_aws.services.redshift_data.unload.text import Field, header, lines
from local_aws.services.redshift_data.warehouse.errors import from_duckdb

#: Rows per batch between the engine and the writers; a statement can be cancelled between two batches. A batch of rows
#: becomes a row group of Parquet; one of lines is in memory as text, and smaller where lines may be long.
_ROWS = 100_000
_LINES, _FEWEST_LINES, _BYTES = 20_000, 2_048, 256 << 20


class UnloadSession(Protocol):
    """What an UNLOAD needs of the session that runs it."""

    objects: ObjectStore
    cursor: duckdb.DuckDBPyConnection

    def plan(self, source: Source) -> Plan:
        """A statement in the engine's words."""

    def cancelled(self) -> bool:
        """Whether the statement was cancelled."""


def unload(session: UnloadSession, source: Source, scratch: Path, log: Callable[[list[tuple[Any, ...]]], None]) -> int:
    """Run an UNLOAD; the number of rows.

    Zero rows leave nothing behind, neither files nor a manifest: so Redshift does, and readers that expect a file
    must know it (spark-redshift-community/spark-redshift#40).

    :param scratch: a folder for the files while they are written.
    :param log: keeps rows of stl_unload_log, all but the query's id.
    :raises RedshiftError: then nothing remains of it on S3.
    """
    options = read_unload(source)
    query, fields = _query(session, options)
    refuse_used(session.objects, options)
    files = _write(session, query, fields, options, scratch)
    written = [file for file in files if file.rows > (1 if options.header else 0)]
    if session.cancelled():
        raise Cancelled
    if not written:
        return 0
    listing = scratch / "manifest"
    if options.manifest:
        listing.write_bytes(manifest(written, fields, options))
    entries = [
        (options.prefix + file.key_suffix(options), file.rows, file.size, options.format.lower()) for file in written
    ]
    publication = Publication(session.objects, options, scratch, _encryption(options))
    publication.publish(written, listing if options.manifest else None)
    log([(*entry, datetime.now(UTC).replace(tzinfo=None)) for entry in entries])
    return sum(file.rows - (1 if options.header else 0) for file in written)


def _query(session: UnloadSession, options: UnloadOptions) -> tuple[str, list[Field]]:
    """The inner query in the engine's words, and its columns."""
    inner = single(options.query)
    plan = session.plan(inner)
    if plan.kind != "query":
        raise RedshiftError("UNLOAD takes a SELECT query")
    tree = parse(inner.tokens, inner.text)
    if isinstance(tree, exp.Select) and tree.args.get("limit"):
        raise RedshiftError(
            "Limit clause is not supported",
            details=("Hint: put the LIMIT into a subquery: SELECT * FROM (... LIMIT n)",),
        )
    try:
        described = session.cursor.execute(f"DESCRIBE {plan.statements[0]}").fetchall()
    except duckdb.Error as error:
        raise from_duckdb(error, plan.tables) from error
    declared = plan.columns if len(plan.columns) == len(described) else [None] * len(described)
    fields = [(row[0], kind or type_from_duckdb(row[1])) for row, kind in zip(described, declared, strict=True)]
    names = [name for name, _ in fields]
    if len(set(names)) < len(names) and options.format in ("PARQUET", "JSON"):
        raise RedshiftError(f"UNLOAD to {options.format} needs a unique name for each column: {', '.join(names)}")
    if options.partition_by and not options.include and set(names) <= set(options.partition_by):
        raise RedshiftError("UNLOAD needs at least one column that PARTITION BY does not name")
    return plan.statements[0], fields


def _write(
    session: UnloadSession, query: str, fields: list[Field], options: UnloadOptions, scratch: Path
) -> list[UnloadedFile]:
    if options.format != "PARQUET":
        return _write_text(session, lines(query, fields, options), fields, options, scratch)
    typed = parquet.typed(query, fields, options)
    if not options.parallel and not options.partition_by and options.max_file_size < LARGEST_FILE:
        return parquet.write_in_order(_batches(session, typed, _ROWS), options, scratch)
    return parquet.write_in_parallel(lambda sql: session.cursor.execute(sql).fetchall(), typed, options, scratch)


def _write_text(
    session: UnloadSession, query: str, fields: list[Field], options: UnloadOptions, scratch: Path
) -> list[UnloadedFile]:
    """Move the bytes of the engine's lines into files, without making Python strings of them."""
    with TextFiles(scratch, options, header(fields, options).encode() if options.header else b"") as files:
        for batch in _batches(session, query, _lines_at_once(fields)):
            folders: list[str] = batch.column(0).to_pylist() if options.partition_by else [""] * batch.num_rows
            offsets = np.frombuffer(batch.column(1).buffers()[1], np.int32)
            offsets = offsets[batch.column(1).offset : batch.column(1).offset + batch.num_rows + 1]
            data = memoryview(batch.column(1).buffers()[2] or b"")
            for first, last in _runs(folders):
                start = int(offsets[first])
                files.write(folders[first], data[start : int(offsets[last])], offsets[first + 1 : last + 1] - start)
    return files.files


def _lines_at_once(fields: list[Field]) -> int:
    """How many lines a batch has: what fits into some memory if each text is as long as it may be."""
    longest = sum(kind.length or 32 for _, kind in fields)
    return max(_FEWEST_LINES, min(_LINES, _BYTES // longest))


def _batches(session: UnloadSession, query: str, rows: int) -> Iterator[Any]:
    """The rows of a query as Arrow batches, each made when it is asked for.

    :raises RedshiftError: for a fault of the query, which leaves an Arrow stream as an OSError.
    """
    reader: Any = session.cursor.sql(query).to_arrow_reader(rows)
    try:
        for batch in reader:
            if session.cancelled():
                raise Cancelled
            yield batch
    except OSError as error:
        raise from_duckdb(error) from error


def _runs(folders: list[str]) -> list[tuple[int, int]]:
    """Stretches of equal values, as first and one past the last index."""
    edges = [index for index in range(1, len(folders)) if folders[index] != folders[index - 1]]
    return list(zip([0, *edges], [*edges, len(folders)], strict=True)) if folders else []


def _encryption(options: UnloadOptions) -> dict[str, Any]:
    """SSE-S3 by default, SSE-KMS with a key, the bucket's own setting with AUTO; said of each object."""
    if options.kms_key_id:
        return {"sse": "aws:kms", "kms_key_id": options.kms_key_id}
    if options.auto:
        sse, key = bucket_encryption(options.target[len("s3://") :].partition("/")[0])
        if sse:
            return {"sse": sse, "kms_key_id": key}
    return {"sse": "AES256"}
