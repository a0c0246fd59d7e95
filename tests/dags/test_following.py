"""What makes a DAG that follows an asset start: its own timetable, as Airflow's scheduler reads and asks it."""

from typing import Any

import pytest
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable

from docs.build_dags import load

WEEK = [f"2026-02-0{n}" for n in range(2, 9)]


@pytest.fixture(scope="module")
def weekly() -> Any:
    return mapper("lead_scoring_rollup", "lead_features_examples")


def mapper(dag: str, asset: str) -> Any:
    """The mapper of an asset's keys, on the scheduler's side."""
    timetable: Any = decode_timetable(encode_timetable(load(dag).timetable))
    assert timetable.partitioned
    assert [info["name"] for info in timetable.partition_mapper_info] == [asset]
    return timetable.get_partition_mapper(name=asset)


def complete(weekly: Any, days: list[str], week: str) -> bool:
    satisfied: bool = weekly.wait_policy.is_satisfied_by_keys(
        matched=set(days), expected=weekly.to_upstream(week)
    ).satisfied
    return satisfied


def test_each_of_a_weeks_days_belongs_to_its_monday_under_the_name_that_a_run_takes(weekly: Any) -> None:
    assert {weekly.to_downstream(day) for day in WEEK} == {"2026-02-02"}
    assert weekly.to_downstream("2026-02-01") == "2026-01-26"
    assert weekly.to_downstream("2026-02-09") == "2026-02-09"
    assert weekly.to_upstream("2026-02-02") == frozenset(WEEK)


def test_a_week_starts_with_seven_days_in_any_order_and_not_with_six(weekly: Any) -> None:
    assert complete(weekly, WEEK[::-1], "2026-02-02")
    for missing in WEEK:
        assert not complete(weekly, [day for day in WEEK if day != missing], "2026-02-02")


def test_days_of_a_neighbouring_week_do_not_complete_a_week(weekly: Any) -> None:
    assert not complete(weekly, [*WEEK[1:], "2026-02-09"], "2026-02-02")


@pytest.mark.parametrize(
    ("monday", "sunday"),
    [
        ("2024-02-26", "2024-03-03"),
        ("2026-03-23", "2026-03-29"),
        ("2026-10-19", "2026-10-25"),
        ("2025-12-29", "2026-01-04"),
    ],
    ids=["29 February", "clocks forward", "clocks back", "new year"],
)
def test_every_week_of_the_year_has_seven_days(weekly: Any, monday: str, sunday: str) -> None:
    days = weekly.to_upstream(monday)
    assert len(days) == 7
    assert {min(days), max(days)} == {monday, sunday}
    assert {weekly.to_downstream(day) for day in days} == {monday}


@pytest.mark.parametrize(
    ("dag", "asset"),
    [("lead_scoring_rescore", "lead_scoring_live"), ("lead_scoring_retrain", "lead_scoring_drift")],
)
def test_events_of_any_partition_are_answered_by_one_waiting_run(dag: str, asset: str) -> None:
    found = mapper(dag, asset)
    assert {found.to_downstream(key) for key in ("2026-02-02", "2026-02-09", "anything")} == {"newest"}
