"""A table of the warehouse that a demo fills: its columns, and where its complete partitions are named."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

_TYPES = {"timestamp": pa.timestamp("us"), "int": pa.int32(), "smallint": pa.int16(), "float8": pa.float64()}
_TEXT = "varchar("


@dataclass(frozen=True)
class Complete:
    """A table of the complete partitions, and the length of these."""

    table: str
    days: int


@dataclass(frozen=True)
class Table:
    """A table by time.

    :param name: with its schema, ``shop.interactions``.
    :param time: the column that says to which partition a row belongs: UTC, without zone.
    :param columns: SQL types by name, in the table's order: COPY of Parquet goes by place, not by name.
    :param complete: where a partition is called complete.
    """

    name: str
    time: str
    columns: Mapping[str, str]
    complete: tuple[Complete, ...]

    @property
    def schema(self) -> str:
        """The schema that it lies in."""
        return self.name.partition(".")[0]

    def longest(self, column: str) -> int | None:
        """How many bytes a text of a column may have; None for a column that is none of text."""
        kind = self.columns[column]
        return int(kind.removeprefix(_TEXT).rstrip(")")) if kind.startswith(_TEXT) else None

    def arrow(self) -> pa.Schema:
        """The types of a Parquet file that COPY takes: exactly those of the columns, an int32 for an int."""
        return pa.schema([(name, _TYPES.get(kind, pa.string())) for name, kind in self.columns.items()])
