"""Redshift's types: their names in the catalog, in the Data API, in UNLOAD's manifest and in DuckDB."""

import re
from dataclasses import dataclass

from sqlglot import exp

from local_aws.services.redshift_data.errors import Unsupported

#: The Data API's name: the catalog's name, DuckDB's type, the precision and scale that ColumnMetadata shows.
_TYPES = {
    "int2": ("smallint", "SMALLINT", 5, 0),
    "int4": ("integer", "INTEGER", 10, 0),
    "int8": ("bigint", "BIGINT", 19, 0),
    "float4": ("real", "FLOAT", 8, 8),
    "float8": ("double precision", "DOUBLE", 17, 17),
    "bool": ("boolean", "BOOLEAN", 1, 0),
    "date": ("date", "DATE", 13, 0),
    "timestamp": ("timestamp without time zone", "TIMESTAMP", 29, 6),
    "timestamptz": ("timestamp with time zone", "TIMESTAMP WITH TIME ZONE", 35, 6),
    "time": ("time without time zone", "TIME", 15, 6),
    "timetz": ("time with time zone", "TIME WITH TIME ZONE", 21, 6),
    "super": ("super", "JSON", 0, 0),
    "varbyte": ("binary varying", "BLOB", 0, 0),
    "interval": ("interval", "INTERVAL", 49, 6),
    "varchar": ("character varying", "VARCHAR", 0, 0),
    "bpchar": ("character", "VARCHAR", 0, 0),
    "numeric": ("numeric", "DECIMAL", 18, 0),
}
_FROM_CATALOG = {catalog: name for name, (catalog, *_) in _TYPES.items()}
_FROM_DUCKDB = {
    **{duckdb: name for name, (_, duckdb, *_) in _TYPES.items()},
    "TINYINT": "int2", "UTINYINT": "int2", "USMALLINT": "int4", "UINTEGER": "int8", "REAL": "float4",
    "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp", "VARCHAR": "varchar",
}  # fmt: skip
_FROM_SQLGLOT = {
    "SMALLINT": "int2", "TINYINT": "int2", "INT": "int4", "BIGINT": "int8", "FLOAT": "float4", "DOUBLE": "float8",
    "BOOLEAN": "bool", "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMPNTZ": "timestamp",
    "TIMESTAMPTZ": "timestamptz", "TIMESTAMPLTZ": "timestamptz", "TIME": "time", "TIMETZ": "timetz", "SUPER": "super",
    "VARBINARY": "varbyte", "BINARY": "varbyte", "INTERVAL": "interval", "VARCHAR": "varchar", "NVARCHAR": "varchar",
    "TEXT": "varchar", "CHAR": "bpchar", "NCHAR": "bpchar", "BPCHAR": "bpchar", "DECIMAL": "numeric",
}  # fmt: skip
_DEFAULT_WIDTHS = {"VARCHAR": 256, "NVARCHAR": 256, "TEXT": 256, "BPCHAR": 256, "CHAR": 1, "NCHAR": 1}
WIDEST = 65535


@dataclass(frozen=True)
class RedshiftType:
    """One type with its dimensions: bytes of a character type, digits of a numeric."""

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0

    @property
    def is_text(self) -> bool:
        """Whether it is CHAR or VARCHAR, whose width is counted in bytes."""
        return self.name in ("varchar", "bpchar")

    @property
    def base(self) -> str:
        """The catalog's name without dimensions, e.g. ``character varying``."""
        return _TYPES[self.name][0]

    @property
    def catalog(self) -> str:
        """The catalog's name, e.g. ``character varying(256)``."""
        if self.is_text:
            return f"{self.base}({self.length})"
        return f"numeric({self.precision},{self.scale})" if self.name == "numeric" else self.base

    @property
    def duckdb(self) -> str:
        """DuckDB's name."""
        return f"DECIMAL({self.precision},{self.scale})" if self.name == "numeric" else _TYPES[self.name][1]

    @property
    def shown_precision(self) -> int:
        """``precision`` of ColumnMetadata: digits, or the width of a character type."""
        return self.length or self.precision or _TYPES[self.name][2]

    @property
    def shown_scale(self) -> int:
        """``scale`` of ColumnMetadata."""
        return self.scale or _TYPES[self.name][3]


def from_sqlglot(kind: exp.DataType) -> RedshiftType:
    """The type that a column definition or a cast names.

    :raises Unsupported: for a type that has no counterpart, e.g. GEOMETRY.
    """
    word = kind.this.name if isinstance(kind.this, exp.DType) else str(kind.this)
    if word not in _FROM_SQLGLOT:
        raise Unsupported(f"the type {kind.sql('redshift')}")
    name = _FROM_SQLGLOT[word]
    sizes = [_size(parameter) for parameter in kind.expressions]
    if name in ("varchar", "bpchar"):
        return RedshiftType(name, length=sizes[0] if sizes else _DEFAULT_WIDTHS[word])
    if name == "numeric":
        return RedshiftType(name, precision=sizes[0] if sizes else 18, scale=sizes[1] if len(sizes) > 1 else 0)
    return RedshiftType(name)


def _size(parameter: exp.Expr) -> int:
    word = parameter.this.name if isinstance(parameter.this, exp.Expr) else str(parameter.this)
    return WIDEST if word.upper() == "MAX" else int(word)


def from_catalog(text: str) -> RedshiftType:
    """The type of a catalog name, e.g. ``numeric(12,2)``: the inverse of :attr:`RedshiftType.catalog`."""
    base, _, sizes = text.rstrip(")").partition("(")
    name = _FROM_CATALOG[base]
    numbers = [int(size) for size in sizes.split(",") if size]
    if name == "numeric":
        return RedshiftType(name, precision=numbers[0], scale=numbers[1])
    return RedshiftType(name, length=numbers[0] if numbers else 0)


def from_duckdb(kind: str) -> RedshiftType:
    """The type of a column of a result. A text of unknown width is as wide as Redshift's widest."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind)
    if decimal:
        return RedshiftType("numeric", precision=int(decimal[1]), scale=int(decimal[2]))
    if kind in ("HUGEINT", "UHUGEINT", "UBIGINT", "BIGNUM"):
        return RedshiftType("numeric", precision=38)
    name = _FROM_DUCKDB.get(kind, "super" if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")) else "varchar")
    return RedshiftType(name, length=WIDEST if name == "varchar" else 0)
