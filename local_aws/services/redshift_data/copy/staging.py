"""Files as rows of text in a temporary table: which file, which record, one text per column, or one JSON document."""

import json
from collections.abc import Iterator
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from local_aws.objects import ObjectStore
from local_aws.services.redshift_data.copy import load_errors
from local_aws.services.redshift_data.copy.convert import literal
from local_aws.services.redshift_data.copy.lines import Record, records
from local_aws.services.redshift_data.copy.load_errors import LoadError
from local_aws.services.redshift_data.copy.options import CopyOptions
from local_aws.services.redshift_data.copy.sources import SourceFile
from local_aws.services.redshift_data.errors import Cancelled, RedshiftError
from local_aws.services.redshift_data.sql.plan import Column

STAGING, REJECTS, SCANS = "_copy_rows", "_copy_rejects", "_copy_scans"
#: A text that stands in no file, since the engine's reader must have some NULL string and here NULLs are read later.
_NO_NULL = "\x01\x02no null\x02\x01"
_LONGEST_LINE = 4 << 20
_ENGINE_COMPRESSION = {None: "none", "gz": "gzip", "zst": "zstd"}
_FAULTS = {
    "MISSING COLUMNS": load_errors.DELIMITER_NOT_FOUND,
    "TOO MANY COLUMNS": load_errors.EXTRA_COLUMNS,
    "INVALID ENCODING": load_errors.BAD_ENCODING,
}


class CopySession(Protocol):
    """What a COPY needs of the session that runs it."""

    objects: ObjectStore
    cursor: duckdb.DuckDBPyConnection

    def cancelled(self) -> bool:
        """Whether the statement was cancelled."""


def stop_if_cancelled(session: CopySession) -> None:
    """Between two files: the engine notices a cancellation only while it runs a query.

    :raises Cancelled: if the statement was cancelled.
    """
    if session.cancelled():
        raise Cancelled


def create_staging(session: CopySession, width: int) -> None:
    """An empty staging table of ``width`` columns c0, c1, ..."""
    drop_staging(session)
    columns = "".join(f", c{index} VARCHAR" for index in range(width))
    session.cursor.execute(f"CREATE TEMP TABLE {STAGING} (file INTEGER, record BIGINT{columns})")


def drop_staging(session: CopySession) -> None:
    """Remove what a COPY made for itself."""
    for table in (STAGING, REJECTS, SCANS):
        session.cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")


def needs_python(options: CopyOptions) -> bool:
    """Whether a text format is read in Python rather than by the engine."""
    return bool(options.escape or options.remove_quotes or options.fixed_width)


def stage_text(session: CopySession, file: SourceFile, index: int, width: int, options: CopyOptions) -> list[LoadError]:
    """Read one CSV or delimited file; the faults of its structure."""
    if needs_python(options):
        return _stage_in_python(session, file, index, width, options)
    csv = options.format == "CSV"
    quote = literal(options.quote) if csv else "''"
    settings = {
        "auto_detect": "false", "header": "false", "skip": str(options.header_lines),
        "delim": literal(options.separator),
        "quote": quote, "escape": quote, "nullstr": literal(_NO_NULL), "max_line_size": str(_LONGEST_LINE),
        "columns": "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width)) + "}",
        "null_padding": str(options.fill_record).lower(), "parallel": str(not options.fill_record).lower(),
        "compression": literal(_ENGINE_COMPRESSION[file.compression]),
        "store_rejects": "true", "rejects_table": literal(REJECTS), "rejects_scan": literal(SCANS),
    }  # fmt: skip
    reader = ", ".join(f"{name} = {value}" for name, value in settings.items())
    for table in (REJECTS, SCANS):
        session.cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")
    session.cursor.execute(
        f"INSERT INTO {STAGING} SELECT {index}, row_number() OVER (), * "
        f"FROM read_csv({literal(str(file.path))}, {reader})"
    )
    rejected = session.cursor.execute(
        f"SELECT line_byte_position, any_value(error_type), any_value(csv_line) FROM {REJECTS} "
        "GROUP BY line_byte_position ORDER BY 1"
    ).fetchall()
    return list(_rejections(file, rejected))


def _rejections(file: SourceFile, rejected: list[tuple[Any, ...]]) -> Iterator[LoadError]:
    """The engine counts records; the line is counted from the bytes before it."""
    if not rejected:
        return
    with file.open() as opened:
        position, line = 0, 1
        for start, kind, text in rejected:
            chunk = opened.read(int(start) - 1 - position)
            line += chunk.count(b"\n")
            position += len(chunk)
            leading = len(text) - len(text.lstrip("\n"))
            code, reason = _FAULTS.get(kind, load_errors.BAD_LINE)
            yield LoadError(file.uri, line + leading, None, text.strip("\n"), None, code, reason)


def _stage_in_python(
    session: CopySession, file: SourceFile, index: int, width: int, options: CopyOptions
) -> list[LoadError]:
    errors: list[LoadError] = []
    batch: list[Record] = []
    for record in records(file, options, width):
        if record.fault:
            errors.append(LoadError(file.uri, record.line, None, record.raw.rstrip("\n"), None, *record.fault))
            continue
        batch.append(record)
        if len(batch) == 50_000:
            _insert(session, index, batch, width)
            batch.clear()
    _insert(session, index, batch, width)
    return errors


def _insert(session: CopySession, index: int, batch: list[Record], width: int) -> None:
    """Here ``record`` is the line itself, which the reader knows."""
    if not batch:
        return
    columns: dict[str, Any] = {"record": pa.array([record.line for record in batch], pa.int64())}
    for position in range(width):
        texts = [record.fields[position] for record in batch]
        columns[f"c{position}"] = pa.array(texts, pa.string())
    session.cursor.register("_copy_batch", pa.table(columns))
    session.cursor.execute(f"INSERT INTO {STAGING} SELECT {index}, * FROM _copy_batch")
    session.cursor.unregister("_copy_batch")


def stage_json(session: CopySession, file: SourceFile, index: int, targets: list[Column], options: CopyOptions) -> None:
    """Read one file of JSON objects, one after the other, each a row.

    :raises RedshiftError: for broken JSON; without its end, nothing after it can be read.
    """
    paths = _json_values(session, targets, options)
    compression = _ENGINE_COMPRESSION[file.compression]
    try:
        session.cursor.execute(
            f"INSERT INTO {STAGING} SELECT {index}, row_number() OVER (), {', '.join(paths)} FROM "
            f"read_json_objects({literal(str(file.path))}, format = 'unstructured', compression = '{compression}', "
            f"maximum_object_size = {_LONGEST_LINE})"
        )
    except duckdb.InvalidInputException as error:
        reason = str(error).replace(str(file.path), file.uri).splitlines()[0].removeprefix("Invalid Input Error: ")
        fault = LoadError(file.uri, 0, None, "", None, load_errors.BAD_LINE[0], reason)
        raise load_errors.load_failed(".".join(options.table), [fault]) from error


def _json_values(session: CopySession, targets: list[Column], options: CopyOptions) -> list[str]:
    """For each column, the text of its value in the document ``json``."""
    if options.json_paths == "noshred":
        if len(targets) != 1 or targets[0].type.name != "super":
            raise RedshiftError("JSON 'noshred' needs a table with a single SUPER column")
        return ["json::VARCHAR"]
    if options.json_paths.startswith("s3://"):
        return [f"json ->> {literal(path)}" for path in _json_paths(session, options.json_paths, len(targets))]
    if options.json_paths == "auto ignorecase":
        key = "list_filter(json_keys(json), lambda k: lower(k) = {})[1]"
        return [f"""json ->> ('$."' || {key.format(literal(column.name))} || '"')""" for column in targets]
    if options.json_paths != "auto":
        raise RedshiftError(f"unknown JSON option '{options.json_paths}'")
    return [f"""json ->> {literal(f'$."{column.name}"')}""" for column in targets]


def _json_paths(session: CopySession, uri: str, count: int) -> list[str]:
    """The paths of a JSONPaths file, in the engine's notation: ``$['a'][0]`` is ``$."a"[0]``."""
    try:
        paths = [str(path) for path in json.loads(session.objects.read(uri))["jsonpaths"]]
    except (ValueError, KeyError, TypeError) as error:
        raise RedshiftError(f"Invalid JSONPath file {uri}", details=(f"Engine: {error}",)) from error
    if len(paths) != count:
        raise RedshiftError(f"Number of jsonpaths and the number of columns should match. JSONPath size: {len(paths)}, "
                            f"Number of columns in table or column list: {count}")  # fmt: skip
    return [path.replace("['", '."').replace("']", '"') for path in paths]
