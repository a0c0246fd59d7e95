"""What the warehouse says of a partition's loads: the same to the sensor that waits for it and to a plan of many."""

import uuid
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.local_aws.redshift.conftest import Sql
from tests.unit.yard.backfill.test_estimate import PIPELINE, SPEC
from trainyard.data import Source
from trainyard.loads import Loads, of_partition
from yard.backfill import marks

WEEK = "2026-02-02"


@pytest.fixture(params=["history", "partition"])
def source(sql: Sql, request: pytest.FixtureRequest) -> Source:
    weeks = f"shop_{uuid.uuid4().hex[:8]}.weeks"
    sql(f"CREATE SCHEMA {weeks.partition('.')[0]}")
    return Source("shop.interactions", "recommender/interactions.sql", partitions=weeks, reads=request.param)


def mark(sql: Sql, source: Source, kind: str, *rows: tuple[str, int, str]) -> None:
    """Fill the table of complete partitions."""
    columns = f"(table_name varchar(256), partition_start {kind}, rows bigint, loaded_at timestamp)"
    sql(f"CREATE TABLE {source.partitions} {columns}")
    for day, number, loaded_at in rows:
        sql(f"INSERT INTO {source.partitions} VALUES ('shop.interactions', '{day}', {number}, '{loaded_at}')")


def sensed(sql: Sql, source: Source) -> Loads:
    """What a run's ``wait_for_source`` reads."""
    asked = of_partition(source).replace(":name", "'shop.interactions'").replace(":day", f"'{WEEK}'")
    return Loads.read(sql(asked)[0])


def planned(sql: Sql, source: Source, monkeypatch: pytest.MonkeyPatch) -> Loads:
    """What a plan reads."""

    def query(text: str, _name: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return sql(text.replace(":name", f"'{parameters['name']}'")) if parameters else []

    monkeypatch.setattr(marks, "Warehouse", lambda *_: SimpleNamespace(query=query))
    session: Any = SimpleNamespace(aws=None, outputs=None)
    return marks.source(session, replace(PIPELINE, spec=replace(SPEC, source=source)))[WEEK]


def test_loads_of_one_instant_are_all_counted(sql: Sql, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    again = [(WEEK, number, "2026-02-09 00:10:00") for number in (30, 10, 20)]
    mark(
        sql, source, "date", *again, ("2026-01-26", 5, "2026-02-02 00:10:00"), ("2026-02-09", 7, "2026-02-16 00:10:00")
    )
    found = sensed(sql, source)
    assert (found.rows, found.count, found.total) == ((30, 4, 65) if source.reads == "history" else (30, 3, 60))
    assert planned(sql, source, monkeypatch) == found


def test_a_day_that_is_kept_as_a_timestamp_is_found(sql: Sql, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    mark(sql, source, "timestamp", (WEEK, 10, "2026-02-09 00:10:00"), ("2026-01-26", 5, "2026-02-02 00:10:00"))
    found = sensed(sql, source)
    assert (found.partition, found.rows, found.first) == (WEEK, 10, "2026-01-26")
    assert planned(sql, source, monkeypatch) == found
