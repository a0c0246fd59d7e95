"""Each row of a table is in exactly one partition: the sum of the partitions is the table, whatever the clocks do."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.local_aws.redshift.conftest import Warehouse
from tests.unit.trainyard.made_up import RUN
from trainyard.calendars import Calendar
from trainyard.partitions import Partition
from trainyard.run import Run
from trainyard.steps.unload import render

#: A row every ten minutes from before to after a year with a leap day and, in three of the zones, both changes.
BEGIN, END = date(2023, 12, 25), date(2025, 1, 8)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]


@pytest.fixture(scope="module")
def visits(local_aws: Any) -> Warehouse:
    warehouse = Warehouse(local_aws)
    rows = int((END - BEGIN) / timedelta(minutes=10))
    warehouse.run("CREATE TABLE {schema}.visits (id INT, seen_at TIMESTAMP)")
    # Every third row lies a microsecond before a round time, where an end that is not exclusive would lose it.
    warehouse.run(
        "INSERT INTO {schema}.visits SELECT i, DATEADD(microsecond, CASE WHEN i % 3 = 0 THEN -1 ELSE 0 END, "
        f"DATEADD(minute, 10 * i, '{BEGIN}'::timestamp)) FROM generate_series(0, {rows - 1}) AS t(i)"
    )
    return warehouse


def run_of(partition: Partition) -> Run:
    """What ``resolve_run`` tells the other tasks of a partition, as it comes out of XCom."""
    start, end = partition.bounds
    told = RUN.to_json() | {"partition": str(partition), "partition_end": partition.end.isoformat()}
    return Run.from_json(told | {"starts_at": start, "ends_at": end})


def year(calendar: Calendar) -> list[Partition]:
    """The partitions that cover 2024: from the one that 1 January falls in."""
    found = [Partition.starting(calendar.start_of(date(2024, 1, 1)), calendar)]
    while found[-1].end < date(2025, 1, 1):
        found.append(Partition.starting(found[-1].end, calendar))
    return found


def joined(partitions: list[Partition], first: str, end: str, kind: str) -> str:
    """The table of what the author's SELECT is told of each partition, as a SELECT of all of them."""
    row = f"('{{{{ first_day }}}}', '{{{{ {first} }}}}', '{{{{ {end} }}}}')"
    rows = ", ".join(render(row, run_of(partition)) for partition in partitions)
    return f"SELECT CAST(a AS {kind}) AS first, CAST(z AS {kind}) AS past, name FROM (VALUES {rows}) AS v(name, a, z)"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("length", "count"), [("daily", 366), ("weekly", 53), ("monthly", 12)])
def test_the_sum_of_the_partitions_is_the_table_and_no_row_is_in_two(
    visits: Warehouse, length: Any, count: int, zone: str
) -> None:
    partitions = year(Calendar(length, zone))
    bounds = joined(partitions, "partition_start", "partition_end", "timestamp")
    [[found, rows, distinct]] = visits.run(
        "SELECT COUNT(DISTINCT name), COUNT(*), COUNT(DISTINCT id) "
        f"FROM {{schema}}.visits JOIN ({bounds}) AS p ON seen_at >= first AND seen_at < past"
    )
    first, last = (instant.replace(tzinfo=None) for instant in (partitions[0].starts_at, partitions[-1].ends_at))
    [[expected]] = visits.run(
        f"SELECT COUNT(*) FROM {{schema}}.visits WHERE seen_at >= '{first}' AND seen_at < '{last}'"
    )
    assert (len(partitions), found) == (count, count)
    assert rows == distinct == expected


@pytest.mark.parametrize(
    ("zone", "hours"), [("Europe/Berlin", {23, 24, 25}), ("Australia/Lord_Howe", {23.5, 24, 24.5})]
)
def test_a_day_has_the_rows_of_its_hours(visits: Warehouse, zone: str, hours: set[float]) -> None:
    bounds = joined(year(Calendar("daily", zone)), "partition_start", "partition_end", "timestamp")
    found = visits.run(
        f"SELECT COUNT(*) FROM {{schema}}.visits JOIN ({bounds}) AS p "
        "ON DATEADD(second, 1, seen_at) >= first AND DATEADD(second, 1, seen_at) < past GROUP BY name"
    )
    assert {rows / 6 for [rows] in found} == hours


def test_a_column_of_local_dates_is_compared_with_the_partitions_days(visits: Warehouse) -> None:
    visits.run("CREATE TABLE {schema}.days AS SELECT DISTINCT CAST(seen_at AS date) AS day FROM {schema}.visits")
    bounds = joined(year(Calendar("weekly", "Europe/Berlin")), "first_day", "end_day", "date")
    [[rows, distinct]] = visits.run(
        f"SELECT COUNT(*), COUNT(DISTINCT day) FROM {{schema}}.days JOIN ({bounds}) AS p ON day >= first AND day < past"
    )
    assert rows == distinct == 53 * 7
