"""What became of each partition, and what it took."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.yard.backfill.test_plan import BUILT
from trainyard.ledger import Record
from yard.backfill.airflow import PartitionRun
from yard.backfill.progress import Progress, outcome, summary
from yard.backfill.view import PlainView, tally

BEGAN = datetime(2026, 2, 9, tzinfo=UTC)
STEPS: dict[str, dict[str, Any]] = {
    "learn.train": {"state": "success", "seconds": 20.0},
    "prepare.build_examples": {"seconds": 10.5},
}


def run(partition: str, state: str, seconds: int = 40) -> PartitionRun:
    ended = BEGAN + timedelta(seconds=seconds) if state in ("success", "failed") else None
    return PartitionRun(f"backfill__{partition}", partition, state, BEGAN, BEGAN, ended)


def test_the_ledger_says_what_a_green_run_came_to() -> None:
    told = outcome(run("2026-02-02", "success"), replace(BUILT, steps=STEPS), wanted=True)
    assert (told.outcome, told.seconds, told.job_seconds, told.overhead) == ("complete", 40.0, 30.5, 9.5)
    for record, wanted, word in (
        (replace(BUILT, outcome="unchanged"), True, "unchanged"),
        (None, False, "left out"),
        (None, True, "without result"),
        (replace(BUILT, outcome="running"), True, "without result"),
    ):
        assert outcome(run("2026-02-02", "success"), record, wanted=wanted).outcome == word


def test_a_red_run_has_failed_whatever_the_ledger_says() -> None:
    told = outcome(
        run("2026-02-02", "failed"), replace(BUILT, outcome="failed", reason="failed: learn.train"), wanted=True
    )
    assert (told.outcome, told.reason) == ("failed", "failed: learn.train")
    assert outcome(run("2026-02-02", "failed"), None, wanted=True).reason == "its run failed before it had a record"


def test_each_end_is_told_once_and_a_cleared_run_is_not_over() -> None:
    progress = Progress(lambda _: BUILT)
    weeks = ["2026-02-02", "2026-02-09"]
    assert progress.look([run(weeks[0], "running"), run(weeks[1], "queued")]) == []
    assert [told.partition for told in progress.look([run(weeks[0], "success"), run(weeks[1], "running")])] == weeks[:1]
    assert tally(progress) == "1 of 2: 1 complete; 1 running"
    assert not progress.is_over
    assert progress.look([run(weeks[0], "running"), run(weeks[1], "success")])[0].partition == weeks[1]
    assert not progress.is_over
    progress.look([run(week, "success") for week in weeks])
    assert progress.is_over


def test_a_record_that_could_not_be_read_is_asked_for_again() -> None:
    answers: list[Record | None] = []

    def record(_: PartitionRun) -> Record | None:
        if not answers:
            raise ConnectionError
        return answers.pop()

    progress = Progress(record)
    try:
        progress.look([run("2026-02-02", "success")])
    except ConnectionError:
        assert not progress.is_over
    answers.append(BUILT)
    assert len(progress.look([run("2026-02-02", "success")])) == 1


def test_what_a_partition_took_is_told_with_its_overhead() -> None:
    record = replace(BUILT, steps=STEPS)
    built = [outcome(run(f"2026-02-{day:02}", "success"), record, wanted=True) for day in (2, 9)]
    assert summary(built, 60.0) == (
        "2 built in 60 s, one each 30.0 s. A partition took 40.0 s (median): its jobs 30.5 s, overhead 9.5 s."
    )


def test_a_log_gets_a_line_for_each_end_and_now_and_then_what_goes_on() -> None:
    written: list[str] = []
    now = [0.0]
    view = PlainView(written.append, lambda: now[0])
    progress = Progress(lambda _: BUILT)
    working = run("2026-02-09", "running")
    view.show(progress, progress.look([run("2026-02-02", "success"), working]), lambda _: "train")
    view.show(progress, progress.look([run("2026-02-02", "success"), working]), lambda _: "train")
    now[0] = 61.0
    view.show(progress, progress.look([run("2026-02-02", "success"), working]), lambda _: "train")
    assert [line[10:] for line in written] == [
        "2026-02-02  complete after 40 s  (1 of 2)",
        "1 of 2: 1 complete; 1 running: 2026-02-09 (train)",
    ]
