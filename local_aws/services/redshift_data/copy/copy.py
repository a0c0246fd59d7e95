"""COPY from its text to the rows of its table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlglot import exp

from local_aws.services.redshift_data.copy import staging
from local_aws.services.redshift_data.copy.columnar import load_parquet
from local_aws.services.redshift_data.copy.convert import Conversion, conversion, literal
from local_aws.services.redshift_data.copy.lines import locate
from local_aws.services.redshift_data.copy.load_errors import KEPT, LoadError, load_failed
from local_aws.services.redshift_data.copy.options import CopyOptions, read_copy
from local_aws.services.redshift_data.copy.sources import SourceFile, prepared, source_files
from local_aws.services.redshift_data.copy.staging import STAGING, CopySession
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.ddl import quoted
from local_aws.services.redshift_data.sql.plan import Catalog, Column
from local_aws.services.redshift_data.sql.statements import Source

Log = Callable[[list[LoadError], str], None]


def copy(session: CopySession, source: Source, catalog: Catalog, scratch: Path, log: Log) -> int:
    """Run a COPY; the number of rows loaded.

    :param scratch: a folder for files that must be made readable first.
    :param log: keeps load errors for sys_load_error_detail, of successful loads too.
    :raises RedshiftError: then no row was loaded, whatever the transaction does next.
    """
    options = read_copy(source)
    database, schema, name = [None, None, *options.table][-3:]
    table = exp.table_(name, db=schema, catalog=database)
    targets = _targets(table, options, catalog)
    files = source_files(session.objects, options)
    staging.stop_if_cancelled(session)
    if options.format == "PARQUET":
        return load_parquet(session, files, quoted(table), targets, options)
    files = [prepared(file, options, scratch) for file in files]
    staging.create_staging(session, len(targets))
    rows = _load(session, files, table, targets, options, log)
    # Not where it failed: the transaction, which may be past any statement then, is rolled back with all of it.
    staging.drop_staging(session)
    return rows


def _targets(table: exp.Table, options: CopyOptions, catalog: Catalog) -> list[Column]:
    """The columns to load: the ones listed, else all but IDENTITY columns unless EXPLICIT_IDS says otherwise.

    A listed column is looked up in any order; one that the list leaves out gets its default.
    """
    columns = catalog.columns(table)
    if not columns:
        raise RedshiftError(f'relation "{".".join(options.table)}" does not exist')
    by_name = {column.name: column for column in columns}
    for name in options.columns:
        if name not in by_name:
            raise RedshiftError(f'column "{name}" of relation "{options.table[-1]}" does not exist')
        if _is_identity(by_name[name]) and not options.explicit_ids:
            raise RedshiftError(f'cannot set an identity column to a value: "{name}"; use EXPLICIT_IDS')
    if options.columns:
        return [by_name[name] for name in options.columns]
    return [column for column in columns if options.explicit_ids or not _is_identity(column)]


def _is_identity(column: Column) -> bool:
    return "nextval(" in (column.default or "").lower()


def _load(
    session: CopySession,
    files: list[SourceFile],
    table: exp.Table,
    targets: list[Column],
    options: CopyOptions,
    log: Log,
) -> int:
    name = ".".join(options.table)
    errors: list[LoadError] = []
    for index, file in enumerate(files):
        staging.stop_if_cancelled(session)
        if options.format == "JSON":
            staging.stage_json(session, file, index, targets, options)
        else:
            errors += staging.stage_text(session, file, index, len(targets), options)
    conversions = [conversion(column, f"c{index}", options) for index, column in enumerate(targets)]
    found, count = _faults(session, files, conversions, options)
    errors = sorted([*errors, *found], key=lambda error: (error.uri, error.line))
    log(errors[:KEPT], name)
    if len(errors) - len(found) + count > options.errors_allowed:
        raise load_failed(name, errors)
    if options.no_load:
        return 0
    values = ", ".join(one.value for one in conversions)
    columns = ", ".join(f'"{column.name}"' for column in targets)
    good = " AND ".join(f"NOT coalesce({one.fault}, false)" for one in conversions) if count else "true"
    rows = session.cursor.execute(
        f"INSERT INTO {quoted(table)} ({columns}) SELECT {values} FROM {STAGING} WHERE {good}"
    ).fetchone()
    return int(rows[0]) if rows else 0


def _faults(
    session: CopySession, files: list[SourceFile], conversions: list[Conversion], options: CopyOptions
) -> tuple[list[LoadError], int]:
    """The first rows that cannot be converted, told column and all, and how many there are."""
    branches = " ".join(f"WHEN {one.fault} THEN {index}" for index, one in enumerate(conversions))
    blamed = f"(SELECT *, CASE {branches} END AS blame FROM {STAGING})"
    counted = session.cursor.execute(f"SELECT count(*) FROM {blamed} WHERE blame IS NOT NULL").fetchone()
    count = int(counted[0]) if counted else 0
    if not count:
        return [], 0
    codes = " ".join(f"WHEN {index} THEN {one.code}" for index, one in enumerate(conversions))
    reasons = " ".join(f"WHEN {index} THEN {one.reason}" for index, one in enumerate(conversions))
    texts = " ".join(f"WHEN {index} THEN c{index}" for index in range(len(conversions)))
    line = f" || {literal(options.separator)} || ".join(f"coalesce(c{index}, '')" for index in range(len(conversions)))
    rows = session.cursor.execute(
        f"SELECT file, record, blame, CASE blame {codes} END, CASE blame {reasons} END, CASE blame {texts} END, {line} "
        f"FROM {blamed} WHERE blame IS NOT NULL ORDER BY file, record LIMIT {KEPT}"
    ).fetchall()
    return [_fault(files[row[0]], row, conversions, options) for row in rows], count


def _fault(file: SourceFile, row: tuple[Any, ...], conversions: list[Conversion], options: CopyOptions) -> LoadError:
    record, raw = int(row[1]), str(row[6])
    if options.format != "JSON" and not staging.needs_python(options):
        record, raw = locate(file, options, len(conversions), record)
    return LoadError(file.uri, record, conversions[row[2]].column, raw, row[5], int(row[3]), str(row[4]))
