"""How a file is cut into loads, and the transaction of each."""

from datetime import date

import pandas as pd

from yard import loading
from yard.leads.table import LEADS
from yard.loading import Load
from yard.shop.table import INTERACTIONS

WEEKS = "shop.partitions"
ROLE = "arn:aws:iam::123456789012:role/redshift"


def frame(*days: str) -> pd.DataFrame:
    """One event a day named."""
    return pd.DataFrame({"user_id": "u", "item_id": "i", "occurred_at": pd.to_datetime(list(days), format="ISO8601")})


def test_a_week_begins_on_monday() -> None:
    assert loading.monday(date(2026, 2, 8)) == date(2026, 2, 2)  # a Sunday
    assert loading.monday(date(2026, 2, 9)) == date(2026, 2, 9)


def test_the_newest_weeks_come_one_by_one_and_what_is_older_in_one_load() -> None:
    loads = list(
        loading.split(INTERACTIONS, frame("2026-01-01", "2026-01-20", "2026-02-02", "2026-02-10"), newest_weeks=2)
    )
    assert [(load.start, load.end, len(load.frame)) for load in loads] == [
        (date(2025, 12, 29), date(2026, 2, 2), 2),
        (date(2026, 2, 2), date(2026, 2, 9), 1),
        (date(2026, 2, 9), date(2026, 2, 16), 1),
    ]


def test_every_week_is_called_complete_with_its_number_of_rows_also_an_empty_one() -> None:
    weeks: dict[date, int] = {}
    for load in loading.split(
        INTERACTIONS, frame("2026-01-01", "2026-01-01", "2026-01-20", "2026-02-10"), newest_weeks=2
    ):
        weeks |= load.complete[WEEKS]
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
    loads = list(loading.split(INTERACTIONS, frame("2026-02-02", "2026-02-10")))
    assert [load.start for load in loads] == [date(2026, 2, 2), date(2026, 2, 9)]


def test_the_last_second_of_a_week_belongs_to_it() -> None:
    [load] = loading.split(INTERACTIONS, frame("2026-02-02 00:00:00", "2026-02-08 23:59:59.999999"))
    assert load.complete == {WEEKS: {date(2026, 2, 2): 2}}


def test_no_event_is_lost_and_none_is_loaded_twice() -> None:
    whole = frame(*pd.date_range("2025-06-01", "2026-02-10", freq="7h").strftime("%Y-%m-%d %H:%M:%S"))
    parts = pd.concat([load.frame for load in loading.split(INTERACTIONS, whole)])
    assert sorted(parts["occurred_at"]) == sorted(whole["occurred_at"])


def test_a_load_replaces_what_was_there_and_marks_its_weeks_in_the_same_transaction() -> None:
    load = Load(date(2026, 2, 2), date(2026, 2, 9), frame("2026-02-02"), {WEEKS: {date(2026, 2, 2): 1}})
    assert loading.statements(INTERACTIONS, load, "s3://bucket/tmp/x.parquet", ROLE) == [
        "DELETE FROM shop.interactions WHERE occurred_at >= '2026-02-02' AND occurred_at < '2026-02-09'",
        "DELETE FROM shop.partitions WHERE table_name = 'shop.interactions' "
        "AND partition_start >= '2026-02-02' AND partition_start < '2026-02-09'",
        f"COPY shop.interactions FROM 's3://bucket/tmp/x.parquet' IAM_ROLE '{ROLE}' FORMAT AS PARQUET",
        "INSERT INTO shop.partitions VALUES ('shop.interactions', '2026-02-02', 1, GETDATE())",
    ]


def test_an_empty_week_is_marked_without_a_copy() -> None:
    load = Load(date(2026, 2, 2), date(2026, 2, 9), frame().iloc[:0], {WEEKS: {date(2026, 2, 2): 0}})
    assert not any(statement.startswith("COPY") for statement in loading.statements(INTERACTIONS, load, None, ROLE))


def leads(*times: str) -> pd.DataFrame:
    """One lead at each time, with nothing known of it."""
    empty = dict.fromkeys(LEADS.columns)
    return pd.DataFrame([{**empty, "created_at": time} for time in pd.to_datetime(list(times), format="ISO8601")])


def test_a_table_of_weeks_and_days_says_of_both_which_are_complete() -> None:
    [older, newest] = loading.split(LEADS, leads("2026-02-03", "2026-02-03", "2026-02-05", "2026-02-10"), 1)
    assert older.complete == {
        "marketing.weeks": {date(2026, 2, 2): 3},
        "marketing.days": {date(2026, 2, day): rows for day, rows in enumerate([0, 2, 0, 1, 0, 0, 0], 2)},
    }
    assert newest.complete["marketing.weeks"] == {date(2026, 2, 9): 1}


def test_days_after_the_newest_row_are_not_called_complete() -> None:
    [load] = loading.split(LEADS, leads("2026-02-02 10:00", "2026-02-04 23:59:59"))
    assert load.complete["marketing.days"] == {date(2026, 2, 2): 1, date(2026, 2, 3): 0, date(2026, 2, 4): 1}


def test_a_file_for_copy_has_exactly_the_types_of_the_warehouses_columns() -> None:
    """COPY of Parquet refuses a 64-bit integer for an INTEGER column, and maps columns by their place."""
    schema = LEADS.arrow()
    assert schema.names == list(LEADS.columns)
    assert {str(schema.field(name).type) for name in ("age", "campaign", "pdays", "previous", "duration")} == {"int32"}
    assert str(schema.field("converted").type) == "int16"
    assert str(schema.field("created_at").type) == "timestamp[us]"
    assert str(schema.field("euribor3m").type) == "double"
