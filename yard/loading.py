"""Rows into the warehouse: COPY through S3, one transaction a load, the same again when repeated.

The warehouse has no idea of weeks or days; that one is complete is said by its row in a table of partitions, written in
the transaction that loads it. Whoever reads sees a partition whole or not at all.
"""

import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from yard.clients import Aws
from yard.tables import Complete, Table
from yard.warehouse import Warehouse

#: How many of the newest weeks are loaded one by one; what is older comes in one load.
NEWEST_WEEKS = 8
_WEEK = timedelta(weeks=1)
_PARTITIONS = "(table_name varchar(256), partition_start date, rows bigint, loaded_at timestamp)"


@dataclass(frozen=True)
class Load:
    """Rows of one transaction: those from ``start`` until before ``end``, both Mondays."""

    start: date
    end: date
    frame: pd.DataFrame
    #: What is complete with it: for each table of partitions the rows of each, by the day that it starts.
    complete: Mapping[str, Mapping[date, int]]


@dataclass(frozen=True)
class Loaded:
    """What the warehouse holds after a load."""

    rows: int
    weeks: int
    newest: date


def monday(day: date) -> date:
    """The Monday of a day's week: the name of its partition."""
    return day - timedelta(days=day.weekday())


def split(table: Table, frame: pd.DataFrame, newest_weeks: int = NEWEST_WEEKS) -> Iterator[Load]:
    """The loads that bring a file into the warehouse: all older history, then the newest weeks one by one.

    A partition in which nothing happened, between others, is complete, too, with no rows. One that begins after the
    newest row is not: nobody knows of it.
    """
    days = frame[table.time].dt.normalize()
    newest = days.max().date()
    first, last = monday(days.min().date()), monday(newest)
    oldest_single = max(first, last - (newest_weeks - 1) * _WEEK)
    spans = [(week, week + _WEEK) for week in _starts(oldest_single, last + _WEEK, 7)]
    for start, end in ([(first, oldest_single)] if first < oldest_single else []) + spans:
        chosen = (days >= pd.Timestamp(start)) & (days < pd.Timestamp(end))
        until = min(end, newest + timedelta(days=1))
        complete = {kind.table: _counted(kind, days[chosen], start, until) for kind in table.complete}
        yield Load(start, end, frame[chosen], complete)


def statements(table: Table, load: Load, source: str | None, role: str) -> list[str]:
    """The transaction of one load: whatever was there for its time gives way to it.

    :param source: URI of the load's Parquet file; None for a load without rows.
    :param role: ARN of the role that COPY reads S3 with.
    """
    time, name = table.time, table.name
    steps = [f"DELETE FROM {name} WHERE {time} >= '{load.start}' AND {time} < '{load.end}'"]  # noqa: S608 - dates
    steps += [
        f"DELETE FROM {kind.table} WHERE table_name = '{name}' "  # noqa: S608 - our own dates
        f"AND partition_start >= '{load.start}' AND partition_start < '{load.end}'"
        for kind in table.complete
    ]
    if source:
        steps.append(f"COPY {name} FROM '{source}' IAM_ROLE '{role}' FORMAT AS PARQUET")
    for kind, counts in load.complete.items():
        rows = ", ".join(f"('{name}', '{start}', {count}, GETDATE())" for start, count in counts.items())
        steps.append(f"INSERT INTO {kind} VALUES {rows}")  # noqa: S608 - our own dates and numbers
    return steps


def load(
    aws: Aws,
    outputs: dict[str, str],
    table: Table,
    frame: pd.DataFrame,
    *,
    replace: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Bring rows into the warehouse, week by week in place of what is there for these weeks.

    :param outputs: of the stack: bucket and role.
    :param replace: whether the frame is all that the table shall hold, or other weeks stay.
    :param progress: told what is being loaded.
    :raises YardError: with the warehouse's message; what was loaded before stays, whole.
    """
    warehouse, s3 = Warehouse(aws, outputs), aws.client("s3")
    warehouse.execute(_tables(table), "create the tables")
    if replace:
        # In a transaction of its own: until its load is done, no week is there, and none is called complete.
        warehouse.execute(_emptying(table), "empty the tables")
    # A folder of its own: COPY takes every key that begins as it is told, and must find this load's file alone.
    folder = f"tmp/load/{uuid.uuid4().hex}/"
    first, newest = (monday(day.date()) for day in frame[table.time].agg(["min", "max"]))
    for part in split(table, frame):
        name = f"load {part.start} until {part.end}"
        progress(name)
        key = f"{folder}{part.start}.parquet"
        if not part.frame.empty:
            s3.upload_fileobj(_parquet(table, part.frame), outputs["BucketName"], key)
        source = None if part.frame.empty else f"s3://{outputs['BucketName']}/{key}"
        try:
            warehouse.execute(statements(table, part, source, outputs["RedshiftRoleArn"]), name)
        finally:
            # One that stays behind all the same goes by the bucket's rule for tmp/.
            s3.delete_object(Bucket=outputs["BucketName"], Key=key)
    return Loaded(len(frame), (newest - first) // _WEEK + 1, newest)


def _tables(table: Table) -> list[str]:
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    return [
        f"CREATE SCHEMA IF NOT EXISTS {table.schema}",
        f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})",
        *(f"CREATE TABLE IF NOT EXISTS {kind.table} {_PARTITIONS}" for kind in table.complete),
    ]


def _emptying(table: Table) -> list[str]:
    marks = [f"DELETE FROM {kind.table} WHERE table_name = '{table.name}'" for kind in table.complete]  # noqa: S608 - constants
    return [*marks, f"DELETE FROM {table.name}"]  # noqa: S608 - a constant


def _counted(kind: Complete, days: "pd.Series[pd.Timestamp]", start: date, until: date) -> dict[date, int]:
    """The rows of each partition from a Monday on, by the day that it starts."""
    place = (days - pd.Timestamp(start)).dt.days // kind.days
    counts = place.value_counts().to_dict()
    return {day: int(counts.get(number, 0)) for number, day in enumerate(_starts(start, until, kind.days))}


def _starts(first: date, end: date, days: int) -> Iterator[date]:
    while first < end:
        yield first
        first += timedelta(days=days)


def _parquet(table: Table, frame: pd.DataFrame) -> io.BytesIO:
    schema, buffer = table.arrow(), io.BytesIO()
    pq.write_table(
        pa.Table.from_pandas(frame[list(table.columns)], schema=schema, preserve_index=False),
        buffer,
        compression="zstd",
    )
    buffer.seek(0)
    return buffer
