"""Redshift's functions by name: what each call becomes in DuckDB.

The list is closed. What is not in it is refused by name, so a query that runs here uses only functions that Redshift
has too, as far as they are known here.
"""

import re
from collections.abc import Callable
from pathlib import Path

from sqlglot import exp

from local_aws.services.redshift_data.sql.functions.witness import witness

Arguments = list[exp.Expr]
Handler = Callable[[Arguments], exp.Expr]

MACROS = Path(__file__).parents[2] / "warehouse" / "macros.sql"

#: Mean the same in DuckDB under the same name.
_SAME = """
ABS ACOS ANY_VALUE ASCII ASIN ATAN ATAN2 BIT_AND BIT_OR BOOL_AND BOOL_OR CBRT CEIL CEILING CHR COALESCE COS COT COUNT
CUME_DIST DEGREES DENSE_RANK EXP FIRST_VALUE FLOOR GENERATE_SERIES GREATEST GROUPING LAG LAST_VALUE LEAD LEAST LEFT
LENGTH LN LOG LOWER LTRIM MAX MD5 MEDIAN MIN NTH_VALUE NTILE NULLIF PERCENT_RANK PI POW POWER RADIANS RANK REPEAT
REPLACE REVERSE RIGHT ROUND ROW_NUMBER RTRIM SHA1 SIGN SIN SPLIT_PART SQRT STDDEV STDDEV_POP STDDEV_SAMP STRPOS TAN
TRANSLATE UPPER VARIANCE VAR_POP VAR_SAMP
"""
_RENAMED = {
    "NVL": "COALESCE", "ISNULL": "COALESCE", "CHARACTER_LENGTH": "rs_len", "CHAR_LENGTH": "rs_len",
    "TEXTLEN": "rs_len", "DPOW": "POWER", "DEXP": "EXP", "INITCAP": "_initcap", "STRTOL": "_strtol",
    "CRC32": "_crc32", "SHA2": "_sha2",
}  # fmt: skip


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """``name(arguments)`` in DuckDB."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def text(value: str) -> exp.Literal:
    """A string literal."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """An integer literal."""
    return exp.Literal.number(value)


def typed(name: str, value: exp.Expr, *rest: exp.Expr) -> exp.Anonymous:
    """A call of a macro that chooses by the type of ``value``."""
    return call(name, witness(value), value, *rest)


def _renamed(name: str) -> Handler:
    return lambda arguments: call(name, *arguments)


def _macro_names() -> list[str]:
    return re.findall(r"create macro rs_(\w+)", MACROS.read_text())


FUNCTIONS: dict[str, Handler] = {
    **{name: _renamed(name) for name in _SAME.split()},
    **{name: _renamed(target) for name, target in _RENAMED.items()},
    **{name.upper(): _renamed(f"rs_{name}") for name in _macro_names()},
}


def redshift(*names: str) -> Callable[[Handler], Handler]:
    """Register a function that writes the calls of these names anew."""

    def register(handler: Handler) -> Handler:
        FUNCTIONS.update(dict.fromkeys(names, handler))
        return handler

    return register
