"""A backfill that a person ends while its run waits for a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.backfill_proof import checks
from tests.backfill_proof.stage import MODEL
from tests.crash_matrix.world import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.backfill_proof.stage import Stage


def by_hand(stage: Stage, small: tuple[str, ...]) -> Iterator[str]:
    """The week keeps the result that it had, and what is live stays; the run's record says how it ended."""
    week = stage.weeks[-1]
    before, former = stage.production(), stage.ledger.of(week)
    command = stage.yard("backfill", MODEL, "--from", week, "--to", week, *small, "--redo", "all", "--yes")
    until("the source is waited for", lambda: _state(stage) == "deferred", 300)
    stage.give_slots(0)
    try:
        until("the task waits for a worker", lambda: _state(stage) == "scheduled", 300)
        print(stage.say("backfill", MODEL, "--stop"), end="", flush=True)
    finally:
        stage.give_slots(128)
        command.wait()
    until("its record is written", lambda: _is_noted(stage, week, len(former.records)), 300)
    now = stage.ledger.of(week)
    if now.current != former.current:
        yield f"{week} had the result of {former.current} and has that of {now.current}"
    last = now.last
    if last is None or last.outcome != "failed" or not last.reason.startswith("ended by hand"):
        yield f"the run that was ended left the record {last}"
    yield from checks.untouched(before, stage.production())


def _state(stage: Stage) -> str:
    """Of the task that waits for the source, in the newest run."""
    run = next(run for run in stage.api.runs(MODEL, 1))
    tasks = {task.task_id: task.state for task in stage.api.tasks(MODEL, run["dag_run_id"])}
    return (tasks.get("prepare.wait_for_source") or "") if run["run_type"] == "backfill" else ""


def _is_noted(stage: Stage, week: str, former: int) -> bool:
    found = stage.ledger.of(week)
    return len(found.records) > former and found.last is not None and bool(found.last.ended_at)
