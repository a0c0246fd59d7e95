"""Airflow's timetable and Trainyard's calendar name the same partitions, also where clocks change."""

from datetime import UTC, date, datetime

import pytest
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronPartitionTimetable
from pendulum import instance

from trainyard.calendars import Calendar
from trainyard.partitions import Partition, resolve

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
#: Where midnight itself is skipped, or comes twice.
CHANGE_AT_MIDNIGHT = ["Asia/Beirut", "America/Havana"]
#: Days in 2024 with the leap day and both changes of all these time zones; for months, the year.
DAYS = [(date(2024, 2, 26), date(2024, 4, 10)), (date(2024, 10, 1), date(2024, 11, 8))]
SPANS = {"daily": DAYS, "weekly": DAYS, "monthly": [(date(2023, 12, 1), date(2025, 1, 31))]}

each_calendar = pytest.mark.parametrize(
    "calendar",
    [length.in_timezone(zone) for length in (Calendar.DAILY, Calendar.WEEKLY, Calendar.MONTHLY) for zone in ZONES],
    ids=lambda calendar: f"{calendar.length}-{calendar.timezone}",
)


def timetable(calendar: Calendar, cron: str = "") -> CronPartitionTimetable:
    """The schedule that docs/data.md has one write for a calendar."""
    cron = cron or calendar.cron
    return CronPartitionTimetable(cron, timezone=calendar.timezone, run_offset=-1, key_format="%Y-%m-%d")


def partitions(calendar: Calendar, first: date, last: date) -> list[Partition]:
    """Every partition that starts on one of these days, as the calendar has them."""
    start = calendar.start_of(first)
    start = start if start == first else calendar.after(start)
    found = []
    while start <= last:
        found.append(Partition.starting(start, calendar))
        start = calendar.after(start)
    return found


def scheduled(calendar: Calendar, expected: list[Partition], cron: str = "") -> list[tuple[str, datetime]]:
    """The key of each run that the scheduler makes from the end of the first partition on, and when it may begin."""
    restriction = TimeRestriction(earliest=instance(expected[0].ends_at), latest=None, catchup=True)
    found: list[tuple[str, datetime]] = []
    table, last = timetable(calendar, cron), None
    for _ in expected:
        last = table.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        assert last is not None
        found.append((str(last.partition_key), last.run_after))
    return found


@each_calendar
def test_a_backfill_has_one_run_for_each_partition_and_its_key_is_the_partitions_name(calendar: Calendar) -> None:
    for first, last in SPANS[calendar.length]:
        earliest, latest = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
        runs = timetable(calendar).iter_partition_dagrun_infos(earliest=earliest, latest=latest)
        keys = [str(run.partition_key) for run in runs]
        assert keys == [str(partition) for partition in partitions(calendar, first, last)]
        assert [str(resolve(calendar, NOW, partition_key=key)) for key in keys] == keys


@each_calendar
def test_the_scheduler_runs_each_partition_once_at_the_instant_at_which_it_has_ended(calendar: Calendar) -> None:
    for first, last in SPANS[calendar.length]:
        expected = partitions(calendar, first, last)
        assert scheduled(calendar, expected) == [(str(partition), partition.ends_at) for partition in expected]


@pytest.mark.parametrize("zone", CHANGE_AT_MIDNIGHT)
def test_where_clocks_change_at_midnight_a_schedule_at_four_names_each_partition_once(zone: str) -> None:
    # A schedule at midnight does not, in Airflow 3.3.2: the day before the change gets no run, and the next one two.
    calendar = Calendar.DAILY.in_timezone(zone)
    for first, last in DAYS:
        expected = partitions(calendar, first, last)
        found = scheduled(calendar, expected, cron="0 4 * * *")
        assert [key for key, _ in found] == [str(partition) for partition in expected]
        assert all(begins >= partition.ends_at for (_, begins), partition in zip(found, expected, strict=True))
