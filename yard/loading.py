"""Interactions into the warehouse: COPY through S3, one transaction a partition, the same again when repeated.

The warehouse has no idea of weeks; that a week is complete is said by its row in ``shop.partitions``, written in the
transaction that loads it. Whoever reads sees a week whole or not at all.
"""

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from yard.clients import Aws
from yard.interactions import COLUMNS
from yard.warehouse import Warehouse

TABLE, PARTITIONS = "shop.interactions", "shop.partitions"
#: How many of the newest weeks are loaded one by one; what is older comes in one load.
NEWEST_WEEKS = 8

_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS shop",
    f"CREATE TABLE IF NOT EXISTS {TABLE} (user_id varchar(256), item_id varchar(256), occurred_at timestamp)",
    f"CREATE TABLE IF NOT EXISTS {PARTITIONS} "
    "(table_name varchar(256), partition_start date, rows bigint, loaded_at timestamp)",
)
_EMPTY = (f"DELETE FROM {PARTITIONS} WHERE table_name = '{TABLE}'", f"DELETE FROM {TABLE}")  # noqa: S608 - constants


@dataclass(frozen=True)
class Load:
    """Events of one transaction: those from ``start`` until before ``end``, both Mondays."""

    start: date
    end: date
    frame: pd.DataFrame
    #: The weeks that are complete with it, by their Mondays, and their numbers of rows.
    weeks: dict[date, int]


@dataclass(frozen=True)
class Loaded:
    """What the warehouse holds after a load."""

    rows: int
    weeks: int
    newest: date


def monday(day: date) -> date:
    """The Monday of a day's week: the name of its partition."""
    return day - timedelta(days=day.weekday())


def split(frame: pd.DataFrame, newest_weeks: int = NEWEST_WEEKS) -> Iterator[Load]:
    """The loads that bring a file into the warehouse: all older history, then the newest weeks one by one.

    A week in which nothing happened, between others, is complete, too, with no rows.
    """
    days = frame["occurred_at"].dt.normalize()
    weeks = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    last = monday(weeks.max().date())
    first = monday(weeks.min().date())
    counts = {start.date(): int(rows) for start, rows in weeks.value_counts().items()}
    oldest_single = max(first, last - timedelta(weeks=newest_weeks - 1))
    if first < oldest_single:
        older = {week: counts.get(week, 0) for week in _mondays(first, oldest_single)}
        yield Load(first, oldest_single, frame[weeks < pd.Timestamp(oldest_single)], older)
    for week in _mondays(oldest_single, last + timedelta(weeks=1)):
        part = frame[weeks == pd.Timestamp(week)]
        yield Load(week, week + timedelta(weeks=1), part, {week: len(part)})


def statements(load: Load, source: str | None, role: str) -> list[str]:
    """The transaction of one load: whatever was there for its time gives way to it.

    :param source: URI of the load's Parquet file; None for a load without rows.
    :param role: ARN of the role that COPY reads S3 with.
    """
    rows = ", ".join(f"('{TABLE}', '{week}', {count}, GETDATE())" for week, count in load.weeks.items())
    steps = [
        f"DELETE FROM {TABLE} WHERE occurred_at >= '{load.start}' AND occurred_at < '{load.end}'",  # noqa: S608 - dates
        f"DELETE FROM {PARTITIONS} WHERE table_name = '{TABLE}' "  # noqa: S608 - our own dates
        f"AND partition_start >= '{load.start}' AND partition_start < '{load.end}'",
    ]
    if source:
        steps.append(f"COPY {TABLE} FROM '{source}' IAM_ROLE '{role}' FORMAT AS PARQUET")
    return [*steps, f"INSERT INTO {PARTITIONS} VALUES {rows}"]  # noqa: S608 - our own dates and numbers


def load(
    aws: Aws,
    outputs: dict[str, str],
    frame: pd.DataFrame,
    *,
    replace: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Bring interactions into the warehouse, week by week in place of what is there for these weeks.

    :param outputs: of the stack: bucket and role.
    :param replace: whether the frame is all that the table shall hold, or other weeks stay.
    :param progress: told what is being loaded.
    :raises YardError: with the warehouse's message; what was loaded before stays, whole.
    """
    warehouse, s3 = Warehouse(aws, outputs), aws.client("s3")
    warehouse.execute(_TABLES, "create the tables")
    if replace:
        # In a transaction of its own: until its load is done, no week is there, and none is called complete.
        warehouse.execute(_EMPTY, "empty the tables")
    # A folder of its own: COPY takes every key that begins as it is told, and must find this load's file alone.
    folder = f"tmp/load/{uuid.uuid4().hex}/"
    weeks, newest = 0, monday(frame["occurred_at"].max().date())
    for part in split(frame):
        name = f"load {part.start} until {part.end}"
        progress(name)
        key = f"{folder}{part.start}.parquet"
        if not part.frame.empty:
            s3.upload_fileobj(_parquet(part.frame), outputs["BucketName"], key)
        source = None if part.frame.empty else f"s3://{outputs['BucketName']}/{key}"
        warehouse.execute(statements(part, source, outputs["RedshiftRoleArn"]), name)
        _forget(s3, outputs["BucketName"], key)
        weeks += len(part.weeks)
    return Loaded(len(frame), weeks, newest)


def _mondays(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += timedelta(weeks=1)


def _parquet(frame: pd.DataFrame) -> io.BytesIO:
    buffer = io.BytesIO()
    frame[list(COLUMNS)].to_parquet(buffer, index=False, compression="zstd")
    buffer.seek(0)
    return buffer


def _forget(s3: Any, bucket: str, key: str) -> None:
    """Remove a file that COPY has read. One that stays behind goes by the bucket's rule for ``tmp/``."""
    s3.delete_object(Bucket=bucket, Key=key)
