from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainyard.errors import PartitionError
from trainyard.partitions import Calendar, Partition, resolve

TODAY = date(2026, 2, 11)  # a Wednesday


def resolved(calendar: Calendar = Calendar.WEEKLY, **given: Any) -> str:
    return str(resolve(calendar, TODAY, **given))


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
    ],
)
def test_a_run_takes_its_partition_from_the_first_that_names_one(given_: dict[str, Any], expected: str) -> None:
    assert resolved(**given_) == expected


def test_a_week_goes_from_monday_to_monday() -> None:
    partition = resolve(Calendar.WEEKLY, TODAY, form="2026-02-02")
    assert (partition.start.isoformat(), partition.end.isoformat()) == ("2026-02-02", "2026-02-09")


def test_a_day_goes_to_the_next_day() -> None:
    assert resolve(Calendar.DAILY, TODAY, form="2026-02-05").end == date(2026, 2, 6)


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


def test_key_and_form_may_not_contradict_each_other() -> None:
    with pytest.raises(PartitionError, match="Leave"):
        resolved(partition_key="2026-02-02", form="2026-01-26")


def test_without_any_complete_partition_there_is_nothing_to_do() -> None:
    with pytest.raises(PartitionError, match="complete"):
        resolved()


@given(st.dates(date(2000, 1, 1), TODAY))
def test_every_day_belongs_to_the_week_that_starts_on_the_monday_before(day: date) -> None:
    found = resolve(Calendar.WEEKLY, TODAY, data_interval_start=datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert found.start.weekday() == 0
    assert found.start <= day < found.end
