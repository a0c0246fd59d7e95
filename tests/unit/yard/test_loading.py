"""How a file is cut into loads, and the transaction of each."""

from datetime import date

import pandas as pd

from yard import loading
from yard.loading import Load

ROLE = "arn:aws:iam::123456789012:role/redshift"


def frame(*days: str) -> pd.DataFrame:
    """One event a day named."""
    return pd.DataFrame({"user_id": "u", "item_id": "i", "occurred_at": pd.to_datetime(list(days), format="ISO8601")})


def test_a_week_begins_on_monday() -> None:
    assert loading.monday(date(2026, 2, 8)) == date(2026, 2, 2)  # a Sunday
    assert loading.monday(date(2026, 2, 9)) == date(2026, 2, 9)


def test_the_newest_weeks_come_one_by_one_and_what_is_older_in_one_load() -> None:
    loads = list(loading.split(frame("2026-01-01", "2026-01-20", "2026-02-02", "2026-02-10"), newest_weeks=2))
    assert [(load.start, load.end, len(load.frame)) for load in loads] == [
        (date(2025, 12, 29), date(2026, 2, 2), 2),
        (date(2026, 2, 2), date(2026, 2, 9), 1),
        (date(2026, 2, 9), date(2026, 2, 16), 1),
    ]


def test_every_week_is_called_complete_with_its_number_of_rows_also_an_empty_one() -> None:
    weeks: dict[date, int] = {}
    for load in loading.split(frame("2026-01-01", "2026-01-01", "2026-01-20", "2026-02-10"), newest_weeks=2):
        weeks |= load.weeks
    assert weeks == {
        date(2025, 12, 29): 2,
        date(2026, 1, 5): 0,
        date(2026, 1, 12): 0,
        date(2026, 1, 19): 1,
        date(2026, 1, 26): 0,
        date(2026, 2, 2): 0,
        date(2026, 2, 9): 1,
    }


def test_a_short_history_has_no_load_of_older_weeks() -> None:
    loads = list(loading.split(frame("2026-02-02", "2026-02-10")))
    assert [load.start for load in loads] == [date(2026, 2, 2), date(2026, 2, 9)]


def test_the_last_second_of_a_week_belongs_to_it() -> None:
    [load] = loading.split(frame("2026-02-02 00:00:00", "2026-02-08 23:59:59.999999"))
    assert load.weeks == {date(2026, 2, 2): 2}


def test_no_event_is_lost_and_none_is_loaded_twice() -> None:
    whole = frame(*pd.date_range("2025-06-01", "2026-02-10", freq="7h").strftime("%Y-%m-%d %H:%M:%S"))
    parts = pd.concat([load.frame for load in loading.split(whole)])
    assert sorted(parts["occurred_at"]) == sorted(whole["occurred_at"])


def test_a_load_replaces_what_was_there_and_marks_its_weeks_in_the_same_transaction() -> None:
    load = Load(date(2026, 2, 2), date(2026, 2, 9), frame("2026-02-02"), {date(2026, 2, 2): 1})
    assert loading.statements(load, "s3://bucket/tmp/x.parquet", ROLE) == [
        "DELETE FROM shop.interactions WHERE occurred_at >= '2026-02-02' AND occurred_at < '2026-02-09'",
        "DELETE FROM shop.partitions WHERE table_name = 'shop.interactions' "
        "AND partition_start >= '2026-02-02' AND partition_start < '2026-02-09'",
        f"COPY shop.interactions FROM 's3://bucket/tmp/x.parquet' IAM_ROLE '{ROLE}' FORMAT AS PARQUET",
        "INSERT INTO shop.partitions VALUES ('shop.interactions', '2026-02-02', 1, GETDATE())",
    ]


def test_an_empty_week_is_marked_without_a_copy() -> None:
    load = Load(date(2026, 2, 2), date(2026, 2, 9), frame().iloc[:0], {date(2026, 2, 2): 0})
    assert not any(statement.startswith("COPY") for statement in loading.statements(load, None, ROLE))
