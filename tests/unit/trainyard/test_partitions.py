from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainyard.calendars import Calendar
from trainyard.errors import PartitionError, SpecError
from trainyard.partitions import Partition, named_by, resolve

TODAY = date(2026, 2, 11)  # a Wednesday
NOW = datetime(2026, 2, 11, 12, tzinfo=UTC)
BERLIN = Calendar.DAILY.in_timezone("Europe/Berlin")


def resolved(calendar: Calendar = Calendar.WEEKLY, **given: Any) -> str:
    return str(resolve(calendar, NOW, **given))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"partition_key": "2026-02-02"}, "2026-02-02"),
        ({"form": "2026-01-26"}, "2026-01-26"),
        ({"data_interval_start": datetime(2026, 2, 5, 3, tzinfo=UTC)}, "2026-02-02"),
        ({"newest": "2026-01-19"}, "2026-01-19"),
        ({"partition_key": "2026-02-02", "newest": "2026-01-19"}, "2026-02-02"),
        ({"partition_key": "2026-02-02", "data_interval_start": datetime(2026, 1, 1, tzinfo=UTC)}, "2026-02-02"),
        ({"partition_key": "2026-02-02", "form": "2026-02-02"}, "2026-02-02"),
        ({"form": "2026-01-26", "data_interval_start": datetime(2026, 2, 5, tzinfo=UTC)}, "2026-01-26"),
        ({"data_interval_start": datetime(2026, 2, 5, tzinfo=UTC), "newest": "2026-01-19"}, "2026-02-02"),
        ({"named": ["2026-01-26"]}, "2026-01-26"),
        ({"named": ["2026-01-26", "2026-01-26T00:00:00"], "newest": "2026-02-02"}, "2026-01-26"),
        ({"named": ["2026-01-26"], "data_interval_start": datetime(2026, 2, 5, tzinfo=UTC)}, "2026-01-26"),
        ({"form": "2026-02-02", "named": ["2026-01-26"]}, "2026-02-02"),
        ({"partition_key": "2026-02-02", "named": ["2026-02-03", "2026-02-04"]}, "2026-02-02"),
    ],
)
def test_a_run_takes_its_partition_from_the_first_that_names_one(given_: dict[str, Any], expected: str) -> None:
    assert resolved(**given_) == expected


def test_a_week_goes_from_monday_to_monday() -> None:
    partition = resolve(Calendar.WEEKLY, NOW, form="2026-02-02")
    assert (partition.start.isoformat(), partition.end.isoformat()) == ("2026-02-02", "2026-02-09")


def test_a_day_goes_to_the_next_day() -> None:
    assert resolve(Calendar.DAILY, NOW, form="2026-02-05").end == date(2026, 2, 6)


def test_a_day_that_is_no_monday_is_refused_with_its_monday() -> None:
    with pytest.raises(PartitionError, match="belongs to 2026-02-02"):
        resolved(form="2026-02-05")


@pytest.mark.parametrize(
    "text", ["", "last week", "2026-13-01", "2026-2-2", "02.02.2026", "2026-02-30", "\uff12026-02-02"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(PartitionError, match=r"YYYY-MM-DD|first day"):
        Partition.parse(text, Calendar.WEEKLY)


def test_the_future_is_refused() -> None:
    with pytest.raises(PartitionError, match="future"):
        resolved(partition_key="2026-02-16")


def test_a_week_that_is_not_over_is_not_the_future() -> None:
    assert resolved(partition_key="2026-02-09") == "2026-02-09"


def test_whether_a_partition_is_the_future_is_told_by_the_clocks_of_its_time_zone() -> None:
    almost = datetime(2026, 2, 11, 10, 59, tzinfo=UTC)
    auckland = Calendar.DAILY.in_timezone("Pacific/Auckland")
    with pytest.raises(PartitionError, match=r"future: today is 2026-02-11 \(Pacific/Auckland\)"):
        resolve(auckland, almost, form="2026-02-12")
    assert str(resolve(auckland, almost + timedelta(minutes=1), form="2026-02-12")) == "2026-02-12"


@pytest.mark.parametrize(
    ("length", "key", "expected"),
    [
        (Calendar.DAILY, "2026-02-05T00:00:00", "2026-02-05"),
        (Calendar.WEEKLY, "2026-02-02T00:00:00", "2026-02-02"),
        (Calendar.WEEKLY, "2026-02-02 (W06)", "2026-02-02"),
        (Calendar.MONTHLY, "2026-02", "2026-02-01"),
        (Calendar.MONTHLY, "2026-02-01", "2026-02-01"),
    ],
)
def test_a_key_is_read_as_airflows_timetables_and_mappers_write_it(length: Calendar, key: str, expected: str) -> None:
    assert resolved(length, partition_key=key) == expected


@pytest.mark.parametrize("key", ["2026-02", "2026-02-05T00:00:00+00:00", "2026-02-03 (W06)", "../2026-02-02", "*"])
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(PartitionError, match="The run's partition key"):
        resolved(partition_key=key)


@pytest.mark.parametrize(
    "text",
    ["{{ ds }}", "'; DROP TABLE shop.interactions; --", "../../code", "2026-02-02/../..", "2026-02-02\n", "x" * 10**7],
)
def test_a_form_that_holds_no_date_is_refused_by_the_name_of_its_field_and_told_briefly(text: str) -> None:
    with pytest.raises(PartitionError, match="Field 'partition'") as refused:
        resolved(form=text)
    assert len(str(refused.value)) < 200


def test_the_ends_of_the_calendar_are_refused() -> None:
    for calendar, text in ((Calendar.DAILY, "9999-12-31"), (BERLIN, "0001-01-01"), (Calendar.MONTHLY, "9999-12-01")):
        with pytest.raises(PartitionError, match="outside"):
            Partition.parse(text, calendar)


def test_events_that_name_several_partitions_are_refused_for_a_run_works_on_one() -> None:
    with pytest.raises(PartitionError, match="2026-01-26, 2026-02-02"):
        resolved(named=["2026-02-02", "2026-01-26"])


@pytest.mark.parametrize(
    ("extra", "key", "expected"),
    [
        (None, None, []),
        ({"model_version": 3}, None, []),
        ({"partition": "2026-02-02"}, None, ["2026-02-02"]),
        ({"from_trigger": True, "payload": {"partition": "2026-02-02"}}, None, ["2026-02-02"]),
        ({"from_trigger": True, "payload": "a text"}, "2026-02-02T00:00:00", ["2026-02-02T00:00:00"]),
        ({"partition": "2026-02-02"}, "2026-02-09", ["2026-02-02", "2026-02-09"]),
    ],
)
def test_an_event_names_its_partition_in_its_extra_its_payload_or_its_key(
    extra: dict[str, Any] | None, key: str | None, expected: list[str]
) -> None:
    assert named_by(extra, key) == expected


def test_an_event_that_names_no_text_is_refused() -> None:
    with pytest.raises(PartitionError, match="7"):
        named_by({"partition": 7})


def test_key_and_form_may_not_contradict_each_other() -> None:
    with pytest.raises(PartitionError, match=r"Field 'partition'.*Leave"):
        resolved(partition_key="2026-02-02", form="2026-01-26")


def test_without_any_complete_partition_there_is_nothing_to_do() -> None:
    with pytest.raises(PartitionError, match="complete"):
        resolved()


@given(st.dates(date(2000, 1, 1), TODAY))
def test_every_day_belongs_to_the_week_that_starts_on_the_monday_before(day: date) -> None:
    found = resolve(Calendar.WEEKLY, NOW, data_interval_start=datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert found.start.weekday() == 0
    assert found.start <= day < found.end


def test_an_instant_is_of_the_day_that_the_clocks_of_the_time_zone_show() -> None:
    late = datetime(2026, 2, 4, 23, 30, tzinfo=UTC)
    assert str(resolve(BERLIN, NOW, data_interval_start=late)) == "2026-02-05"
    assert str(resolve(Calendar.DAILY, NOW, data_interval_start=late)) == "2026-02-04"


@pytest.mark.parametrize(
    ("calendar", "name", "bounds"),
    [
        (Calendar.DAILY, "2024-02-29", ("2024-02-29", "2024-03-01")),
        (Calendar.MONTHLY, "2024-02-01", ("2024-02-01", "2024-03-01")),
        (Calendar.MONTHLY, "2025-12-01", ("2025-12-01", "2026-01-01")),
        (BERLIN, "2024-02-29", ("2024-02-28 23:00:00", "2024-02-29 23:00:00")),
        (BERLIN, "2024-03-31", ("2024-03-30 23:00:00", "2024-03-31 22:00:00")),  # 23 hours
        (BERLIN, "2024-10-27", ("2024-10-26 22:00:00", "2024-10-27 23:00:00")),  # 25 hours
        (Calendar.MONTHLY.in_timezone("Europe/Berlin"), "2024-03-01", ("2024-02-29 23:00:00", "2024-03-31 22:00:00")),
        (Calendar.DAILY.in_timezone("Europe/London"), "2024-01-02", ("2024-01-02 00:00:00", "2024-01-03 00:00:00")),
        (Calendar.DAILY.in_timezone("Australia/Lord_Howe"), "2024-04-07",
         ("2024-04-06 13:00:00", "2024-04-07 13:30:00")),
        # Midnight is skipped in Beirut on this day, comes twice in Havana, and Apia had no 30 December 2011.
        (Calendar.DAILY.in_timezone("Asia/Beirut"), "2024-03-31", ("2024-03-30 22:00:00", "2024-03-31 21:00:00")),
        (Calendar.DAILY.in_timezone("America/Havana"), "2024-11-03", ("2024-11-03 04:00:00", "2024-11-04 05:00:00")),
        (Calendar.DAILY.in_timezone("Pacific/Apia"), "2011-12-30", ("2011-12-30 10:00:00", "2011-12-30 10:00:00")),
    ],
)  # fmt: skip
def test_sql_sees_the_instants_of_local_midnight_in_utc(calendar: Calendar, name: str, bounds: tuple[str, str]) -> None:
    assert Partition.parse(name, calendar).bounds == bounds


@given(
    st.sampled_from(["daily", "weekly", "monthly"]),
    st.timezone_keys(),
    st.dates(date(1990, 1, 1), date(2037, 12, 1)),
)
def test_a_partition_ends_at_the_instant_at_which_the_next_one_begins(length: Any, zone: str, day: date) -> None:
    calendar = Calendar(length, zone)
    partition = Partition.starting(calendar.start_of(day), calendar)
    following = Partition.starting(partition.end, calendar)
    assert partition.start <= day < partition.end
    assert calendar.start_of(partition.end) == partition.end
    assert partition.bounds[1] == following.bounds[0]
    assert partition.starts_at <= partition.ends_at == following.starts_at


@pytest.mark.parametrize("zone", ["", "Berlin", "Europe", "../etc/passwd", "{{ zone }}", "UTC+1"])
def test_a_time_zone_that_is_none_is_refused_when_the_file_is_parsed(zone: str) -> None:
    with pytest.raises(SpecError, match=r"Calendar\.timezone"):
        Calendar("daily", zone)


def test_a_length_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match=r"Calendar\.length"):
        Calendar(cast("Any", "hourly"))
