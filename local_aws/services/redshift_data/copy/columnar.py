"""COPY from Parquet: by position, the types as the files say them, and strict about both as Redshift Spectrum is."""

from local_aws.services.redshift_data.copy.convert import literal
from local_aws.services.redshift_data.copy.options import CopyOptions
from local_aws.services.redshift_data.copy.sources import SourceFile
from local_aws.services.redshift_data.copy.staging import CopySession, stop_if_cancelled
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.plan import Column

#: The engine's types of a file's column that a column of the table takes.
_TAKES = {
    "int2": ("TINYINT", "SMALLINT", "INTEGER"), "int4": ("TINYINT", "SMALLINT", "INTEGER"), "int8": ("BIGINT",),
    "float4": ("FLOAT",), "float8": ("DOUBLE",), "bool": ("BOOLEAN",), "date": ("DATE",),
    "varchar": ("VARCHAR", "JSON"),
    "bpchar": ("VARCHAR",), "super": ("VARCHAR", "JSON"), "varbyte": ("BLOB",),
}  # fmt: skip


def load_parquet(
    session: CopySession, files: list[SourceFile], table: str, targets: list[Column], options: CopyOptions
) -> int:
    """Insert the files' rows; their number.

    :raises RedshiftError: for other columns than the table's, or a value wider than its column.
    """
    columns = ", ".join(f'"{column.name}"' for column in targets)
    rows = 0
    for file in files:
        stop_if_cancelled(session)
        read = f"read_parquet({literal(str(file.path))}, hive_partitioning = false)"
        found = session.cursor.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()
        values = _values(file, [(row[0], row[1]) for row in found], targets, options)
        _check_widths(session, file, read, [row[0] for row in found], targets)
        if not options.no_load:
            counted = session.cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} FROM {read}")
            rows += int((counted.fetchone() or (0,))[0])
    return rows


def _values(file: SourceFile, found: list[tuple[str, str]], targets: list[Column], options: CopyOptions) -> list[str]:
    if len(found) != len(targets) and not (options.fill_record and len(found) < len(targets)):
        raise RedshiftError(
            f"Unmatched number of columns between table and file. Table columns: {len(targets)}, "
            f"Data columns: {len(found)}, File: {file.uri}"
        )
    values = []
    for (name, kind), column in zip(found, targets, strict=False):
        if not _fits(kind, column, options):
            raise RedshiftError(
                f"Spectrum Scan Error. File '{file.uri}' has an incompatible Parquet schema for column "
                f"'{column.name}'. Column type: {column.type.catalog.upper()}, Parquet column: {name} {kind}"
            )
        values.append(f'"{name}"::VARCHAR::JSON' if column.type.name == "super" else f'"{name}"')
    return values + ["NULL"] * (len(targets) - len(found))


def _fits(kind: str, column: Column, options: CopyOptions) -> bool:
    name = column.type.name
    if name == "numeric":
        return kind.startswith("DECIMAL") and kind.endswith(f",{column.type.scale})")
    if name in ("timestamp", "timestamptz"):
        return kind.startswith("TIMESTAMP")
    if name == "super" and options.serialize_to_json:
        return True
    return kind in _TAKES.get(name, ())


def _check_widths(session: CopySession, file: SourceFile, read: str, names: list[str], targets: list[Column]) -> None:
    for name, column in zip(names, targets, strict=False):
        quoted = f'"{name}"'
        if column.type.is_text:
            longest = session.cursor.execute(f"SELECT max(strlen({quoted}::VARCHAR)) FROM {read}").fetchone()
            if longest and longest[0] is not None and longest[0] > column.type.length:
                raise RedshiftError(
                    f"Spectrum Scan Error. The length of the data column {column.name} is longer than the length "
                    f"defined in the table. Table: {column.type.length}, Data: {longest[0]}, File: {file.uri}"
                )
