"""Rows as lines of text, written in SQL: the engine makes whole lines, so that Python only moves bytes.

Two queries, one inside of the other: every column as Redshift prints it, then the line. So each text is made once, and
only columns that can hold the delimiter, a quote or a line end are searched for them.
"""

from sqlglot import exp

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql.types import RedshiftType
from local_aws.services.redshift_data.unload.options import UnloadOptions

#: A column of the query: its name and type.
Field = tuple[str, RedshiftType]

#: All characters that numbers, dates, times and booleans are written with.
_PLAIN = frozenset("0123456789+-.:e InfinityNaNtf(BC)")
_PLAIN_TYPES = ("int2", "int4", "int8", "float4", "float8", "numeric", "date", "timestamp", "timestamptz", "bool")


def literal(value: str) -> str:
    """A string literal of DuckDB's."""
    return exp.Literal.string(value).sql("duckdb")


def lines(query: str, fields: list[Field], options: UnloadOptions) -> str:
    """A query with the columns ``folder`` (of a partition, "" without) and ``line`` (its end included)."""
    columns = ", ".join(f"c{index}" for index in range(len(fields)))
    written = [(index, field) for index, field in enumerate(fields) if _is_written(field, options)]
    folder = f"{partition_folder(fields, options)} AS folder"
    rows = f"({query}) AS _rows({columns})"
    if options.format == "JSON":
        source, line = rows, _json(written)
    else:
        texts = ", ".join([folder, *(f"{_text(index, kind)} AS c{index}" for index, (_, kind) in written)])
        source, line = f"(SELECT {texts} FROM {rows})", _delimited(written, options)
        folder = "folder"
    order = " ORDER BY folder" if options.partition_by else ""
    return f"SELECT {folder}, concat({line}, chr(10)) AS line FROM {source}{order}"


def header(fields: list[Field], options: UnloadOptions) -> str:
    """The header line: column names under the same rules as values."""
    names = [name for name, _ in fields if name not in options.partition_by or options.include]
    if options.format == "CSV":
        special = (options.separator, '"', "\n", "\r")
        names = ['"' + name.replace('"', '""') + '"' if any(s in name for s in special) else name for name in names]
    elif options.add_quotes:
        names = [f'"{name}"' for name in names]
    return options.separator.join(names) + "\n"


def partition_folder(fields: list[Field], options: UnloadOptions) -> str:
    """The Hive folder of a row, e.g. ``year=2019/month=September/``; NULL has a name of its own."""
    names = [name for name, _ in fields]
    steps = []
    for column in options.partition_by:
        if column not in names:
            raise RedshiftError(f'column "{column}" of PARTITION BY is not in the query of the UNLOAD')
        value = f"coalesce(nullif(url_encode(c{names.index(column)}::varchar), ''), '__HIVE_DEFAULT_PARTITION__')"
        steps.append(f"{literal(column + '=')} || {value} || '/'")
    return " || ".join(steps) or "''"


def _is_written(field: Field, options: UnloadOptions) -> bool:
    return field[0] not in options.partition_by or options.include


def _text(index: int, kind: RedshiftType) -> str:
    """A column as Redshift prints it."""
    column = f"c{index}"
    if kind.name == "bool":
        return f"CASE {column} WHEN true THEN 't' WHEN false THEN 'f' END"
    if kind.name == "varbyte":
        return f"lower(hex({column}))"
    if kind.name == "super":
        # NULL AS does not reach it: a SUPER without a value is JSON's null.
        return f"coalesce({column}::varchar, 'null')"
    if kind.name in ("float4", "float8"):
        return _float(f"{column}::{kind.duckdb}", kind.name == "float8")
    return f"{column}::varchar"


def _float(value: str, double: bool) -> str:
    """The shortest digits that say the number, as SQL: none after the point of a whole one, an exponent of two digits.

    Most numbers need no cast of a float to text, which costs as much as all else here: whole ones are integers, and
    JSON writes the same digits where it writes no exponent. Of a single, JSON would write the digits of a double.
    """
    exact = "1e15" if double else "16777216"
    digits = f"WHEN abs({value}) BETWEEN 1e-4 AND {exact} THEN to_json({value})::varchar" if double else ""
    return (
        f"CASE WHEN {value} = trunc({value}) AND abs({value}) <= {exact} AND NOT ({value} = 0 AND signbit({value})) "
        f"THEN {value}::bigint::varchar {digits} "
        rf"WHEN isfinite({value}) THEN regexp_replace({value}::varchar, '\.0$', '') "
        f"WHEN isnan({value}) THEN 'NaN' WHEN {value} > 0 THEN 'Infinity' WHEN {value} < 0 THEN '-Infinity' END"
    )


def _delimited(fields: list[tuple[int, Field]], options: UnloadOptions) -> str:
    """The line as arguments of ``concat``, which writes it at once; it takes NULL for "", so there is none left."""
    if options.fixed_width is not None:
        return _fixed_width(fields, options)
    null = literal(options.null_as or "")
    parts = [f"coalesce({_quoted(f'c{index}', kind, options)}, {null})" for index, (_, kind) in fields]
    return f", {literal(options.separator)}, ".join(parts)


def _quoted(value: str, kind: RedshiftType, options: UnloadOptions) -> str:
    if options.format == "CSV":
        if kind.name in _PLAIN_TYPES and options.separator not in _PLAIN:
            return value
        found = " OR ".join(f"contains({value}, {literal(one)})" for one in (options.separator, '"', "\n", "\r"))
        # An empty string is quoted, so that it can be told from NULL.
        return (
            f"CASE WHEN {found} THEN concat('\"', replace({value}, '\"', '\"\"'), '\"') "
            f"WHEN {value} = '' THEN '\"\"' ELSE {value} END"
        )
    if options.escape and kind.is_text:
        quotes = ('"', "'") if options.add_quotes else ()
        for character in ("\\", "\n", "\r", options.separator, *quotes):
            value = f"replace({value}, {literal(character)}, {literal(chr(92) + character)})"
    return f"'\"' || {value} || '\"'" if options.add_quotes else value


def _fixed_width(fields: list[tuple[int, Field]], options: UnloadOptions) -> str:
    """``'name:width,...'``, in the order of the columns; a value longer than its width is refused.

    A NULL string that is too long is refused for character columns, and left out for the others.
    """
    widths = [spec.rpartition(":")[2].strip() for spec in str(options.fixed_width).split(",")]
    if len(widths) != len(fields) or not all(width.isdigit() for width in widths):
        raise RedshiftError(
            f"FIXEDWIDTH must give a width for each of the {len(fields)} columns: '{options.fixed_width}'"
        )
    null = options.null_as or ""
    parts = []
    for width, (index, (name, kind)) in zip(widths, fields, strict=True):
        shown = null if kind.is_text or len(null) <= int(width) else ""
        value = f"coalesce(c{index}, {literal(shown)})"
        too_long = literal(f"a value of column {name} is longer than its fixed width {width}")
        parts.append(f"CASE WHEN length({value}) > {width} THEN error({too_long}) ELSE rpad({value}, {width}, ' ') END")
    return ", ".join(parts)


def _json(fields: list[tuple[int, Field]]) -> str:
    """One object a line, as arguments of ``concat``; booleans are written ``"t"`` and ``"f"``, NULL is null."""
    for _, (name, kind) in fields:
        if kind.name == "varbyte":
            raise Unsupported(f"UNLOAD of the VARBYTE column {name} to JSON")
    parts = []
    for index, (name, kind) in fields:
        value = f"c{index}" if kind.name not in ("bool", "time", "timetz", "interval") else _text(index, kind)
        parts.append(f"{literal(_json_key(name) + ':')}, coalesce(to_json({value})::varchar, 'null')")
    return "'{', " + ", ',', ".join(parts) + ", '}'"


def _json_key(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
