"""A scheduled run and a backfill of the week before it, at the same time, while a newer model is live."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.backfill_proof import checks
from tests.backfill_proof.stage import MODEL
from tests.crash_matrix.world import until
from yard.airflow_api import RUN_ENDED
from yard.backfill.airflow import PartitionRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.backfill_proof.stage import Stage

#: Both runs, each of them alone, take a minute or two.
_SECONDS = 900.0


def at_once(stage: Stage, small: tuple[str, ...]) -> Iterator[str]:
    """Let the schedule start the run of the newest week that is over, and backfill the week before meanwhile.

    What is live is of the week after both: it stays.
    """
    week = stage.weeks[-1]
    scheduled_week = str(date.fromisoformat(week) + timedelta(weeks=1))
    before = stage.production()
    stage.pause_all_but(MODEL)
    stage.say("down")
    stage.say("up", "--schedule")
    scheduled = until("the schedule starts a run", lambda: _of_type(stage, "scheduled"), _SECONDS)
    print(stage.say("backfill", MODEL, "--from", week, "--to", week, *small, "--redo", "all", "--yes"), flush=True)
    until("the scheduled run ends", lambda: _of_type(stage, "scheduled")["state"] in RUN_ENDED, _SECONDS)
    yield from _beside_each_other(_of_type(stage, "scheduled"), _of_type(stage, "backfill"), week, scheduled_week)
    for partition, history in stage.ledger.read([week, scheduled_week]).items():
        run_type = "backfill" if partition == week else "scheduled"
        last = history.current
        if last is None or last.outcome != "complete" or last.run_type != run_type or last.released:
            yield f"{partition} has no result of a {run_type} run that left alone what is live: {last}"
    if scheduled["dag_run_id"] != _of_type(stage, "scheduled")["dag_run_id"]:
        yield "the schedule started more than one run"
    yield from checks.untouched(before, stage.production())


def _of_type(stage: Stage, run_type: str) -> dict[str, Any]:
    """The newest run of a type; empty when there is none."""
    return next((run for run in stage.api.runs(MODEL, 20) if run["run_type"] == run_type), {})


def _beside_each_other(
    scheduled: dict[str, Any], backfilled: dict[str, Any], week: str, scheduled_week: str
) -> Iterator[str]:
    """Both were of the weeks they should be of, and at work at the same time."""
    first, second = PartitionRun.of(scheduled), PartitionRun.of(backfilled)
    if (first.partition, second.partition) != (scheduled_week, week):
        yield f"the runs were of {first.partition} and {second.partition}, not of {scheduled_week} and {week}"
    if not (first.began and first.ended and second.began and second.ended):
        yield f"the runs have not ended: {first}, {second}"
        return
    beside = (min(first.ended, second.ended) - max(first.began, second.began)).total_seconds()
    print(f"  both were at work for {beside:.0f} s, of {first.seconds:.0f} and {second.seconds:.0f}", flush=True)
    if beside <= 0:
        yield f"the runs were not at work at the same time: {first}, {second}"
