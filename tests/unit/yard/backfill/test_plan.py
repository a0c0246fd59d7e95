"""What a backfill does with each partition: built, failed, changed, at work, without data, and never run."""

from dataclasses import replace
from datetime import date

import pytest

from trainyard.calendars import Calendar
from trainyard.errors import PartitionError
from trainyard.fingerprints import Fingerprint
from trainyard.ledger import Record
from yard.backfill import plan as plans
from yard.backfill.plan import Item, Known, Redo, Stand, decide, partitions, plan
from yard.errors import YardError

TODAY = date(2026, 3, 4)
WEEK = "2026-02-02"
MARK = Fingerprint("i1", "c1", "p1")
OTHER = Fingerprint("i1", "c2", "p1")
BUILT = Record(
    model="recommender",
    partition=WEEK,
    dag_id="recommender",
    run_id="first",
    run_type="scheduled",
    code_version="abc",
    began_at="2026-02-09T00:00:00.000+00:00",
    ended_at="2026-02-09T00:01:00.000+00:00",
    outcome="complete",
    fingerprint=MARK,
)
FAILED = replace(BUILT, run_id="second", began_at="2026-02-10T00:00:00.000+00:00", outcome="failed", reason="failed: x")


def test_a_range_has_both_its_ends() -> None:
    assert partitions(Calendar.WEEKLY, WEEK, "2026-02-16", TODAY) == [WEEK, "2026-02-09", "2026-02-16"]
    assert partitions(Calendar.DAILY, "2028-02-28", "2028-03-01", date(2028, 4, 1)) == [
        "2028-02-28", "2028-02-29", "2028-03-01"]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-02-16", WEEK, "reversed"),
        (WEEK, "2026-03-09", "lies in the future: today is 2026-03-04"),
        ("1900-01-01", WEEK, "more than 1,000 partitions"),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(first: str, last: str, said: str) -> None:
    with pytest.raises(YardError, match=said):
        partitions(Calendar.WEEKLY, first, last, TODAY)


def test_a_day_within_a_partition_is_refused_with_the_name_of_that_partition() -> None:
    with pytest.raises(PartitionError, match="that day belongs to 2026-02-02"):
        partitions(Calendar.WEEKLY, "2026-02-04", "2026-02-16", TODAY)


@pytest.mark.parametrize(
    ("known", "stand", "wanted"),
    [
        (Known(mark=MARK), Stand.NEW, set(Redo)),
        (Known(last=replace(BUILT, outcome="running"), mark=MARK), Stand.NEW, set(Redo)),
        (Known(BUILT, BUILT, MARK), Stand.BUILT, {Redo.ALL}),
        (Known(BUILT, BUILT, OTHER), Stand.CHANGED, {Redo.CHANGED, Redo.ALL}),
        (Known(replace(BUILT, fingerprint=None), BUILT, MARK), Stand.CHANGED, {Redo.CHANGED, Redo.ALL}),
        (Known(None, FAILED, MARK), Stand.FAILED, {Redo.FAILED, Redo.ALL}),
        (Known(None, FAILED, OTHER), Stand.FAILED, {Redo.FAILED, Redo.CHANGED, Redo.ALL}),
        (Known(BUILT, replace(FAILED, fingerprint=OTHER), OTHER), Stand.FAILED, {Redo.FAILED, Redo.ALL}),
        (Known(BUILT, FAILED, MARK), Stand.BUILT, {Redo.ALL}),
        (Known(BUILT, BUILT, MARK, active="third"), Stand.RUNNING, set()),
        (Known(BUILT, BUILT), Stand.NO_DATA, set()),
        (Known(), Stand.NO_DATA, set()),
    ],
)
def test_how_a_partition_stands_and_when_it_is_run(known: Known, stand: Stand, wanted: set[Redo]) -> None:
    items = {redo: decide(WEEK, known, redo) for redo in Redo}
    assert {item.stand for item in items.values()} == {stand}
    assert {redo for redo, item in items.items() if item.wanted} == wanted


def test_the_reason_says_what_changed_and_who_left_the_result() -> None:
    changed = decide(WEEK, Known(BUILT, BUILT, Fingerprint("i2", "c2", "p1")), Redo.CHANGED)
    assert changed.why == "inputs, code changed"
    assert decide(WEEK, Known(BUILT, BUILT, MARK), Redo.CHANGED).why == "by run first"
    assert decide(WEEK, Known(None, FAILED, OTHER), Redo.CHANGED).why == "run second failed: x; since then code changed"


def test_airflow_goes_from_the_first_wanted_partition_to_the_last() -> None:
    names = [WEEK, "2026-02-09", "2026-02-16", "2026-02-23"]
    built, new = Known(BUILT, BUILT, MARK), Known(mark=MARK)
    made = plan(names, dict(zip(names, [built, new, Known(), new], strict=True)), Redo.NOTHING)
    assert made.wanted == ["2026-02-09", "2026-02-23"]
    assert made.between == ["2026-02-09", "2026-02-16", "2026-02-23"]
    assert made.missing == ["2026-02-16"]
    assert [made.count(stand) for stand in (Stand.NEW, Stand.BUILT, Stand.NO_DATA)] == [2, 1, 1]
    assert plan(names[:1], {WEEK: built}, Redo.NOTHING).between == []


def test_a_result_whose_data_is_gone_is_a_hole_only_when_it_is_to_be_built_again() -> None:
    for redo in Redo:
        assert decide(WEEK, Known(), redo).hole
        assert decide(WEEK, Known(BUILT, BUILT), redo).hole is (redo is Redo.ALL)
        assert not decide(WEEK, Known(BUILT, BUILT, MARK), redo).hole


def test_the_most_that_is_done_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST", 2)
    assert len(partitions(Calendar.WEEKLY, WEEK, "2026-02-09", TODAY)) == 2
    with pytest.raises(YardError, match="more than 2 partitions"):
        partitions(Calendar.WEEKLY, WEEK, "2026-02-16", TODAY)


def test_neighbours_that_stand_alike_are_told_together() -> None:
    from yard.backfill.tell import ranges

    items = [Item(str(day), stand, "") for day, stand in enumerate([Stand.NEW, Stand.NEW, Stand.BUILT, Stand.NEW])]
    assert [len(same) for same in ranges(items)] == [2, 1, 1]
