"""Text from a file as a value of a column: what each type accepts, what it means, and how its refusal is told."""

from dataclasses import dataclass

from sqlglot import exp

from local_aws.services.redshift_data.copy import load_errors
from local_aws.services.redshift_data.copy.options import CopyOptions
from local_aws.services.redshift_data.sql.functions.formats import strptime_pattern
from local_aws.services.redshift_data.sql.plan import Column

#: What 'auto' recognizes besides ISO dates (Database Developer Guide, "Automatic recognition").
_AUTO_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%m-%d-%Y", "%Y%m%d", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y",
               "%B %d, %Y", "%d.%m.%Y", "%Y.%m.%d", "%m/%d/%y")  # fmt: skip
_AUTO_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", "T%H:%M:%S", "T%H:%M:%SZ", "T%H:%M:%S.%f", "T%H:%M:%S.%fZ",
               " %H:%M:%S.%f")  # fmt: skip
_ISO_TIMESTAMP = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?([+-]\d{2}(:?\d{2})?)?"


@dataclass(frozen=True)
class Conversion:
    """How one column is read.

    :param text: the value as text, NULL where the options say so.
    :param value: the value in the column's type, NULL if it cannot be one.
    :param fault: true where the row cannot be loaded because of this column.
    :param code: the error's code and, by SQL, its reason.
    """

    column: Column
    text: str
    value: str
    fault: str
    code: str
    reason: str


def literal(value: str) -> str:
    """A string literal of DuckDB's."""
    return exp.Literal.string(value).sql("duckdb")


def conversion(column: Column, raw: str, options: CopyOptions) -> Conversion:
    """How the text in the engine's column ``raw`` becomes a value of ``column``."""
    text = _text(column, raw, options)
    value = _value(column, text, options)
    tolerated = options.accept_any_date and column.type.name in ("date", "timestamp", "timestamptz")
    refused = "false" if tolerated else f"({text} IS NOT NULL AND {value} IS NULL)"
    missing = "false" if column.nullable else f"({value} IS NULL)"
    code, reason = _refusal(column, text, options)
    return Conversion(
        column, text, value, f"({refused} OR {missing})",
        f"CASE WHEN {refused} THEN {code} ELSE {load_errors.MISSING[0]} END",
        f"CASE WHEN {refused} THEN {reason} ELSE {literal(load_errors.MISSING[1])} END",
    )  # fmt: skip


def _text(column: Column, raw: str, options: CopyOptions) -> str:
    """The field with blanks and NULL strings taken as the options say."""
    null = options.null_as if options.null_as is not None else "\\N"
    text = f"nullif({raw}, {literal(null)})"
    if not column.type.is_text:
        return f"nullif(trim({text}), '')"
    if options.trim_blanks:
        text = f"rtrim({text}, ' ')"
    if options.blanks_as_null:
        text = f"CASE WHEN trim({text}) = '' AND {text} <> '' THEN NULL ELSE {text} END"
    return f"nullif({text}, '')" if options.empty_as_null else text


def _value(column: Column, text: str, options: CopyOptions) -> str:
    kind = column.type
    if kind.is_text:
        if options.truncate_columns:
            return f"_clip({text}, {kind.length})"
        fits = f"strlen({text}) <= {kind.length}"
        ascii_only = f" AND strlen({text}) = length({text})" if kind.name == "bpchar" else ""
        return f"CASE WHEN {fits}{ascii_only} THEN {text} END"
    if kind.name in ("int2", "int4", "int8"):
        return f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN try_cast({text} AS {kind.duckdb}) END"
    if kind.name == "numeric":
        wide = f"try_cast({text} AS DECIMAL(38, {min(kind.scale + 10, 37)}))"
        number = wide if options.round_decimals else f"trunc({wide}, {kind.scale})"
        return f"CASE WHEN regexp_full_match({text}, {literal(_NUMBER)}) THEN try_cast({number} AS {kind.duckdb}) END"
    if kind.name == "bool":
        return (
            f"CASE WHEN lower({text}) IN ('t', 'true', 'y', 'yes', '1') THEN true "
            f"WHEN lower({text}) IN ('f', 'false', 'n', 'no', '0') THEN false END"
        )
    if kind.name in ("date", "timestamp", "timestamptz"):
        return _moment(kind.name, text, options)
    if kind.name == "super":
        return f"CASE WHEN json_valid({text}) THEN {text}::JSON END"
    return f"try_cast({text} AS {kind.duckdb})"


_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


def _moment(name: str, text: str, options: CopyOptions) -> str:
    pattern = options.date_format if name == "date" else options.time_format
    target = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ"}[name]
    if pattern is None and name == "date":
        return f"try_strptime(left({text}, 10), '%Y-%m-%d')::DATE"
    if pattern is None:
        # ISO 8601's T is not recognized without TIMEFORMAT 'auto'.
        return f"CASE WHEN regexp_full_match({text}, {literal(_ISO_TIMESTAMP)}) THEN try_cast({text} AS {target}) END"
    if pattern == "auto":
        formats = [day + time for day in _AUTO_DATES for time in _AUTO_TIMES]
        listed = ", ".join(literal(one) for one in formats)
        return f"coalesce(try_cast({text} AS {target}), try_strptime({text}, [{listed}])::{target})"
    if pattern in ("epochsecs", "epochmillisecs") and name != "date":
        factor = 1_000_000 if pattern == "epochsecs" else 1_000
        return f"make_timestamp((try_cast({text} AS DECIMAL(38, 6)) * {factor})::BIGINT)::{target}"
    return f"try_strptime({text}, {literal(strptime_pattern(pattern, hours_to_24=True))})::{target}"


def _refusal(column: Column, text: str, options: CopyOptions) -> tuple[int, str]:
    """The code, and the reason as SQL, of a text that is no value of the column."""
    kind = column.type
    too_long = literal(load_errors.TOO_LONG[1])
    if kind.name == "bpchar":
        multibyte = "Multibyte character not supported for CHAR (Hint: try using VARCHAR)"
        return (
            1204,
            f"CASE WHEN strlen({text}) > length({text}) THEN {literal(multibyte)} ELSE {too_long} END",
        )
    if kind.is_text:
        return load_errors.TOO_LONG[0], too_long
    digits = {"int2": "Short", "int4": "Integer", "int8": "Long", "numeric": "Decimal"}
    if kind.name in digits:
        position = f"length(regexp_extract({text}, '^[+-]?[0-9]*'))"
        bad = f"substring({text}, {position} + 1, 1)"
        invalid = f"'Invalid digit, Value ''' || {bad} || ''', Pos ' || {position} || ', Type: {digits[kind.name]}'"
        number = _NUMBER if kind.name == "numeric" else "[+-]?[0-9]+"
        overflow = literal(f"Overflow, value out of range for {kind.catalog}")
        return 1207, f"CASE WHEN regexp_full_match({text}, {literal(number)}) THEN {overflow} ELSE {invalid} END"
    if kind.name == "date":
        pattern = options.date_format or "YYYY-MM-DD"
        short = "Invalid Date Format - length must be 10 or more"
        bad_date = literal(f"Invalid Date Format or value [{pattern}]")
        return 1205, f"CASE WHEN length({text}) < 10 THEN {literal(short)} ELSE {bad_date} END"
    if kind.name in ("timestamp", "timestamptz"):
        pattern = options.time_format or "YYYY-MM-DD HH24:MI:SS"
        return 1206, literal(f"Invalid timestamp format or value [{pattern}]")
    names = {"bool": (1210, "Unknown boolean format"), "float4": (1208, "Invalid FLOAT"),
             "float8": (1208, "Invalid FLOAT"),
             "super": (1224, "Invalid value for the SUPER type: not valid JSON")}  # fmt: skip
    code, reason = names.get(kind.name, (1200, f"Invalid value for {kind.catalog}"))
    return code, literal(reason)
