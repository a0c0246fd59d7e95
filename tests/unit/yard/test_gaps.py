"""What Airflow itself costs between two steps."""

from datetime import UTC, datetime, timedelta

from tests.unit.yard.support import task
from yard.airflow_api import Task
from yard.gaps import gaps, median_gap

BEGAN = datetime(2026, 2, 9, 8, 0, tzinfo=UTC)


def ran(name: str, start: float, end: float, tries: int = 1) -> Task:
    started, ended = (BEGAN + timedelta(seconds=second) for second in (start, end))
    return task(name, "success", tries=tries, started=started, ended=ended)


def test_a_gap_begins_when_the_last_of_those_before_has_ended() -> None:
    tasks = [ran("a", 0, 5), ran("b", 0, 9), ran("c", 9.25, 10)]
    assert gaps(tasks, {"a": set(), "b": set(), "c": {"a", "b"}}) == [0.25]


def test_what_was_skipped_by_others_did_not_run_and_ends_no_gap() -> None:
    tasks = [ran("a", 0, 5), task("b", "skipped"), ran("c", 5.5, 6)]
    assert gaps(tasks, {"b": {"a"}, "c": {"a", "b"}}) == [0.5]


def test_a_task_that_was_tried_again_tells_nothing_of_the_step_to_it() -> None:
    assert gaps([ran("a", 0, 5), ran("b", 305, 306, tries=2)], {"b": {"a"}}) == []


def test_the_median_is_of_all_steps_and_of_none_there_is_none() -> None:
    chain = [ran("a", 0, 1), ran("b", 1.1, 2), ran("c", 2.3, 3), ran("d", 8, 9)]
    assert round(median_gap(chain, {"b": {"a"}, "c": {"b"}, "d": {"c"}}) or 0, 3) == 0.3
    assert median_gap([ran("a", 0, 1)], {"a": set()}) is None
