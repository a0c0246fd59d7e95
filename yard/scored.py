"""The scores that a run brought into the warehouse: how many there are now, and the highest of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yard.errors import YardError
from yard.warehouse import Warehouse

#: The task that brings them there.
PUBLISH = "publish_scores"
_EXAMPLES = 3
_TABLE = re.compile(r"[a-z_][a-z0-9_$]*\.[a-z_][a-z0-9_$]*", re.IGNORECASE)


@dataclass(frozen=True)
class Scored:
    """What the warehouse itself says of a partition's scores."""

    table: str
    partition: str
    rows: int = 0
    columns: tuple[str, ...] = ()
    #: The rows with the highest scores, highest first.
    examples: tuple[tuple[Any, ...], ...] = ()
    #: Why they could not be read.
    error: str = ""


def found(warehouse: Warehouse, result: Mapping[str, Any]) -> Scored | None:
    """Read a partition's scores; None when the run brought none there.

    :param result: what the task returned: ``table`` and ``partition``.
    """
    table, partition = str(result.get("table", "")), str(result.get("partition", ""))
    if not table:
        return None
    try:
        return _read(warehouse, table, partition)
    except YardError as error:
        return Scored(table, partition, error=error.what)  # a report tells that, too


def _read(warehouse: Warehouse, table: str, partition: str) -> Scored:
    if not _TABLE.fullmatch(table):
        raise YardError(f"{table!r} is no name of a table.")
    chosen = f"FROM {table} WHERE partition_start = '{date.fromisoformat(partition)}'"
    _, [[rows]] = warehouse.table(f"SELECT COUNT(*) {chosen}", "count the scores")
    columns, examples = warehouse.table(
        f"SELECT * {chosen} ORDER BY score DESC, 1 LIMIT {_EXAMPLES}", "read the highest scores"
    )
    shown = [place for place, name in enumerate(columns) if name != "partition_start"]
    return Scored(
        table,
        partition,
        int(rows),
        tuple(columns[place] for place in shown),
        tuple(tuple(row[place] for place in shown) for row in examples),
    )
