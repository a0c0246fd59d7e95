"""What the warehouse says of the loads that a partition is made from: how many, how many rows, the last one when.

A load that is corrected gets a newer ``loaded_at``, so the loads of every partition that reads it change. A source that
reads its history changes with each load before its end; one that reads the partition alone changes with its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainyard.data import Source


@dataclass(frozen=True)
class Loads:
    """The loads behind one partition.

    Attributes:
        partition: its first day, YYYY-MM-DD.
        rows: of the partition's own last load.
        loaded_at: when that was.
        first: the first partition that the source has at all.
        count, total, last: of all loads that the partition reads: how many, their rows, the last one's time.
    """

    partition: str
    rows: int
    loaded_at: str
    count: int
    total: int
    last: str
    first: str

    @classmethod
    def read(cls, row: Sequence[Any]) -> Loads:
        """Read a row of ``loads_sql``."""
        day, rows, loaded_at, count, total, last, first = row
        return cls(str(day)[:10], int(rows), str(loaded_at), int(count), int(total), str(last), str(first)[:10])

    def __str__(self) -> str:
        return f"{self.count:,} load{'' if self.count == 1 else 's'}, {self.total:,} rows, the last of {self.last}"


def loads_sql(source: Source) -> str:
    """Return the SELECT of ``Loads``, one row a load: of a partition's rows, that of the most loads holds.

    Its ``:name`` is the table.
    """
    window = f"PARTITION BY {_DAY} ORDER BY {_LOAD}" if source.reads == "partition" else f"ORDER BY {_DAY}, {_LOAD}"
    over = f"OVER ({window} ROWS UNBOUNDED PRECEDING)"  # Redshift asks for the frame
    return (
        f'SELECT CAST({_DAY} AS varchar), "rows", CAST(loaded_at AS varchar), COUNT(*) {over}, '  # noqa: S608 - Source checks the name
        f'SUM("rows") {over}, CAST(MAX(loaded_at) {over} AS varchar), '
        f"CAST(MIN({_DAY}) OVER () AS varchar) "
        f"FROM {source.partitions} WHERE table_name = :name"
    )


_DAY = "CAST(partition_start AS date)"  # somebody's table may keep it as a timestamp
_LOAD = 'loaded_at, "rows"'  # loads of one transaction may have one time


def of_partition(source: Source) -> str:
    """Return the SELECT of the ``Loads`` that hold for one partition; its ``:day`` is the partition."""
    return (
        f"SELECT * FROM ({loads_sql(source)}) AS loads(day, own, loaded_at, loads, total, last, first) "  # noqa: S608 - made of the one above
        "WHERE day = :day ORDER BY loads DESC LIMIT 1"
    )
