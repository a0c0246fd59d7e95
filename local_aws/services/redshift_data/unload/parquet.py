"""Rows as Parquet files, written by the engine itself, or in order by one writer where the order must hold."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from local_aws.services.redshift_data.errors import Unsupported
from local_aws.services.redshift_data.unload.files import UnloadedFile
from local_aws.services.redshift_data.unload.options import LARGEST_FILE, UnloadOptions
from local_aws.services.redshift_data.unload.text import Field, partition_folder

_DEFAULT_ROW_GROUP = 32 << 20
#: The most distinct values that a column has in a row group for them to be written once: a larger dictionary makes the
#: file little smaller, and is made in vain for numbers, which mostly differ.
DICTIONARY_SIZE = 10_000


def typed(query: str, fields: list[Field], options: UnloadOptions) -> str:
    """The query with its columns in types that Redshift writes, under names that need not be unique before."""
    partition_folder(fields, options)
    columns = []
    for index, (name, kind) in enumerate(fields):
        if kind.name in ("varbyte", "interval", "time", "timetz"):
            raise Unsupported(f"UNLOAD of the {kind.base} column {name} to PARQUET")
        # The time zone is not unloaded; SUPER is its JSON.
        cast = {"timestamptz": "::TIMESTAMP", "super": "::VARCHAR", "numeric": f"::{kind.duckdb}"}.get(kind.name, "")
        quoted = '"' + name.replace('"', '""') + '"'
        columns.append(f"c{index}{cast} AS {quoted}")
    names = ", ".join(f"c{index}" for index in range(len(fields)))
    return f"SELECT {', '.join(columns)} FROM ({query}) AS _rows({names})"


def write_in_parallel(
    run: Callable[[str], list[tuple[Any, ...]]], query: str, options: UnloadOptions, scratch: Path
) -> list[UnloadedFile]:
    """Let the engine write: all its threads with PARALLEL ON, one file in the query's order with PARALLEL OFF.

    :param run: runs a statement of the engine and returns its rows.
    """
    target = scratch / "parquet"
    settings = ["FORMAT PARQUET", "RETURN_STATS", "COMPRESSION SNAPPY", f"DICTIONARY_SIZE_LIMIT {DICTIONARY_SIZE}"]
    if options.partition_by:
        keys = ", ".join('"' + name.replace('"', '""') + '"' for name in options.partition_by)
        settings += [f"PARTITION_BY ({keys})", f"WRITE_PARTITION_COLUMNS {str(options.include).lower()}"]
    elif options.parallel:
        settings.append("PER_THREAD_OUTPUT true")
    if options.max_file_size < LARGEST_FILE:
        settings.append(f"FILE_SIZE_BYTES {options.max_file_size}")
    elif not options.parallel and not options.partition_by:
        target = target.with_suffix(".parquet")
    if options.row_group_size != _DEFAULT_ROW_GROUP:
        settings += [f"ROW_GROUP_SIZE_BYTES {options.row_group_size}", "ROW_GROUP_SIZE 10000000"]
    path = str(target).replace("'", "''")
    rows = run(f"COPY ({query}) TO '{path}' ({', '.join(settings)})")
    written = sorted((Path(row[0]), int(row[1])) for row in rows if row[1])
    files: list[UnloadedFile] = []
    for file, count in written:
        folder = "" if file == target or file.parent == target else f"{file.parent.relative_to(target)}/"
        index = sum(other.folder == folder for other in files)
        files.append(UnloadedFile(file, folder, index, count))
    return files


def write_in_order(batches: Iterator[Any], options: UnloadOptions, scratch: Path) -> list[UnloadedFile]:
    """Several files with PARALLEL OFF: "sorted absolutely", which the engine's own rotation of files does not keep.

    :param batches: the query's rows as Arrow batches.
    """
    files: list[UnloadedFile] = []
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            if writer is None and batch.num_rows:
                files.append(UnloadedFile(scratch / f"{len(files):06d}", "", len(files), 0))
                writer = pq.ParquetWriter(files[-1].path, batch.schema, compression="snappy")
            if writer is not None:
                writer.write_batch(batch)
                files[-1].rows += batch.num_rows
                if files[-1].size >= options.max_file_size:
                    writer.close()
                    writer = None
    finally:
        if writer is not None:
            writer.close()
    return files
