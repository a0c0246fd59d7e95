"""What DuckDB says of a failed statement, in the words that Redshift would use.

Only faults of the statement are worded anew; the engine's own first line stays behind them, because it often says
more. What is not known here keeps the engine's words alone.
"""

import re
from collections.abc import Sequence

from local_aws.services.redshift_data.errors import Cancelled, RedshiftError

#: A pattern in DuckDB's message, and Redshift's sentence with the pattern's groups.
_SENTENCES = [
    (r"Table with name \"?([^\"]+?)\"? already exists", 'Relation "{0}" already exists'),
    (r"View with name \"?([^\"]+?)\"? already exists", 'Relation "{0}" already exists'),
    (r"Schema with name \"?([^\"]+?)\"? already exists", 'Schema "{0}" already exists'),
    (r"Schema with name \"?([^\"!]+?)\"? does not exist", 'schema "{0}" does not exist'),
    (r"because schema \"?([^\"]+?)\"? does not exist", 'schema "{0}" does not exist'),
    (r"Referenced column \"([^\"]+)\" (?:was )?not found", 'column "{0}" does not exist{in_tables}'),
    (r"Table \"([^\"]+)\" does not have a column named \"([^\"]+)\"", 'column "{1}" does not exist in {0}'),
    (r"Values list \"([^\"]+)\" does not have a column named \"([^\"]+)\"", 'column {0}.{1} does not exist'),
    (r"Referenced table \"([^\"]+)\" not found", 'relation "{0}" does not exist'),
    (r"Ambiguous reference to column name \"([^\"]+)\"", 'column reference "{0}" is ambiguous'),
    (r"column \"?([^\"]+?)\"? must appear in the GROUP BY", 'column "{0}" must appear in the GROUP BY clause or be used'
     " in an aggregate function"),
    (r"Column with name \"?([^\"!]+?)\"? already exists", 'column "{0}" already exists'),
    (r"NOT NULL constraint failed: (?:.*\.)?(\S+)", "Cannot insert a NULL value into column {0}"),
    (r"Division by zero", "Divide by zero"),
    (r"value too long for type ([a-z ]+\(\d+\))", "value too long for type {0}"),
    (r"Could not convert string '(.*)' to (?:U?INT|HUGEINT)", 'invalid input syntax for integer: "{0}"'),
    (r"Could not convert string '(.*)' to (?:DOUBLE|FLOAT|DECIMAL)", 'invalid input syntax for type numeric: "{0}"'),
    (r"Could not convert string '(.*)' to BOOL", 'invalid input syntax for type boolean: "{0}"'),
    (r"invalid date field format: \"([^\"]*)\"", 'invalid input syntax for type date: "{0}"'),
    (r"invalid timestamp field format: \"([^\"]*)\"", 'invalid input syntax for type timestamp: "{0}"'),
    (r"(date(?:/time|)|timestamp) field value out of range: \"([^\"]*)\"", 'date/time field value out of range: "{1}"'),
    (r"Overflow in|out of range|Casting value .* failed", "Numeric data overflow (result precision)"),
    (r"Set operations can only apply to expressions with the same number of result columns",
     "each UNION query must have the same number of columns"),
    (r"More than one row returned by a subquery", "single-row subquery returns more than one row"),
    (r"table \"?(\S+?)\"? has (\d+) columns but (\d+) values were supplied",
     "INSERT has {insert_fault} than {insert_side}"),
    (r"Malformed JSON", "JSON parsing error"),
    (r"Current transaction is aborted",
     "current transaction is aborted, commands ignored until end of transaction block"),
    (r"syntax error at or near \"([^\"]*)\"", 'syntax error at or near "{0}"'),
    (r"The input (\S*) is not valid to be converted to base (\d+)",
     "The input {0} is not valid to be converted to base {1}"),
    (r"No function matches the given name and argument types '(.*)'", "function {0} does not exist"),
    (r"Macro (?:rs)?_(\w+)\(\) does not support the supplied arguments",
     "function {0} does not exist for these arguments"),
]  # fmt: skip
_CONFLICT = re.compile(r"write-write conflict|Conflict on (?:update|tuple deletion)|conflict", re.I)


def from_duckdb(error: Exception, tables: Sequence[str] = ()) -> RedshiftError:
    """The error of a statement that DuckDB refused.

    :param error: DuckDB's own, or the OSError that carries its words out of an Arrow stream.
    :param tables: the relations of the statement as they were written.
    """
    message = str(error)
    if message.startswith("INTERRUPT"):
        return Cancelled()
    if message.startswith("TransactionContext Error") and _CONFLICT.search(message):
        return _isolation_violation(message, tables)
    engine = (f"Engine: {message.splitlines()[0]}",)
    missing = re.search(r"(?:Table|View) with name \"?([^\"\s]+?)\"? does not exist", message)
    if missing:
        return RedshiftError(f'relation "{_as_written(missing[1], tables)}" does not exist', details=engine)
    for pattern, sentence in _SENTENCES:
        found = re.search(pattern, message)
        if found:
            return RedshiftError(sentence.format(*found.groups(), **_more(found, tables)), details=engine)
    return RedshiftError(re.sub(r"^[A-Za-z ]+ Error: ", "", message.splitlines()[0]), details=engine)


def _as_written(name: str, tables: Sequence[str]) -> str:
    """DuckDB leaves the schema out of a missing table's name; the statement knows it."""
    for table in tables:
        if table.replace('"', "") == name or table.replace('"', "").endswith(f".{name}"):
            return table.replace('"', "")
    return name


def _more(found: re.Match[str], tables: Sequence[str]) -> dict[str, str]:
    groups = found.groups()
    more_values = len(groups) == 3 and groups[1].isdigit() and int(groups[2]) > int(groups[1])
    return {
        "in_tables": f" in {', '.join(tables)}" if tables else "",
        "insert_fault": "more expressions" if more_values else "more target columns",
        "insert_side": "target columns" if more_values else "expressions",
    }


def _isolation_violation(message: str, tables: Sequence[str]) -> RedshiftError:
    """Redshift's error 1023: two transactions changed the same table."""
    table = tables[0] if tables else "unknown"
    return RedshiftError(
        f"1023 DETAIL: Serializable isolation violation on table - {table}, "
        "transactions forming the cycle are: this one and one that committed since it began",
        details=(f"Engine: {message.splitlines()[0]}",),
    )
