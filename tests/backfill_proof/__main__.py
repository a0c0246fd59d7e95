"""``python -m tests.backfill_proof [--weeks 52] [--again 4]``."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.backfill_proof import checks, ended, gone, neighbours
from tests.backfill_proof.stage import MODEL, ROOT, Stage, stage

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

#: Small jobs: the model need not be good.
_SMALL = ("--set", "epochs=1")
#: One more than the two cores have work for: a partition spends much of its time waiting for its next step.
_AT_ONCE = ("--at-once", "3")


def main() -> int:
    """Run the proof; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.backfill_proof", description=__doc__)
    parser.add_argument("--weeks", type=int, default=52, help="how many partitions (default: 52)")
    parser.add_argument("--again", type=int, default=4, help="how many of them are built again (default: 4)")
    parser.add_argument("--state", type=Path, default=ROOT / ".trainyard" / "backfill-proof", help="its folder")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: sys.exit(128 + signum))
    with stage(options.state.resolve(), options.weeks) as made:
        wrong = [*backfilled(made), *rebuilt(made, min(options.again, options.weeks))]
        step("A scheduled run, and a backfill of the week before, at the same time")
        wrong += neighbours.at_once(made, _SMALL)
        step("A backfill that is ended by hand while it waits for a worker")
        wrong += ended.by_hand(made, _SMALL)
        step("A backfill whose source has been deleted")
        wrong += gone.source(made, _SMALL)
    print("\n".join(wrong) or "All is as it must be.")
    return 1 if wrong else 0


def backfilled(made: Stage) -> Iterator[str]:
    """Backfill everything, with a worker and local_aws killed on the way."""
    step("A model goes live, of a week after those that are backfilled")
    made.say("run", MODEL)
    before = made.production()
    step(f"{len(made.weeks)} partitions, by one command; live before: version {before['version']}")
    log = made.home.state / "backfill.log"
    command = made.yard("backfill", MODEL, *_range(made.weeks), *_SMALL, *_AT_ONCE, "--yes", log=log)
    try:
        _after(made, command, len(made.weeks) // 4, made.kill_worker)
        _after(made, command, len(made.weeks) // 2, made.kill_local_aws)
        code = command.wait()
    finally:
        command.kill()
    print(log.read_text(encoding="utf-8"), end="", flush=True)
    if code:
        yield f"the command ended with {code}"
    yield from checks.one_result_each(made)
    yield from checks.no_job_twice(made)
    yield from checks.untouched(before, made.production())


def rebuilt(made: Stage, again: int) -> Iterator[str]:
    """Touch SQL files: another model's changes nothing, the model's own makes every partition one to build again."""
    former = {record.partition: record.run_id for record in checks.results(made)}
    yield from expect(made, "after nothing was touched", 0)
    touch(made, "lead_scoring/leads.sql")
    yield from expect(made, "after another model's SQL was touched", 0)
    touch(made, "recommender/interactions.sql")
    yield from expect(made, "after its own SQL was touched", len(made.weeks))
    chosen = made.weeks[-again:]
    step(f"The newest {again} are built again")
    print(made.say("backfill", MODEL, *_range(chosen), *_SMALL, *_AT_ONCE, "--redo", "changed", "--yes"), flush=True)
    now = {record.partition: record.run_id for record in checks.results(made)}
    if wrong := [week for week in made.weeks if (now.get(week) != former.get(week)) != (week in chosen)]:
        yield f"built again, or not, against expectation: {wrong}"
    yield from expect(made, "after they were built again", len(made.weeks) - again)


def expect(made: Stage, when: str, number: int) -> Iterator[str]:
    """What ``--redo changed`` would do with the whole range."""
    told = made.say("backfill", MODEL, *_range(made.weeks), *_SMALL, "--redo", "changed", "--dry-run")
    found = re.search(r"To run: (\d+)\.", told)
    print(f"  to build again {when}: {found[1] if found else told}", flush=True)
    if not found or int(found[1]) != number:
        yield f"{when} {number} are to be built again, but: {told}"


def touch(made: Stage, file: str) -> None:
    """Change a SELECT without changing what it does, and release it."""
    path = made.home.root / "sql" / file
    path.write_text(f"-- {time.time_ns()}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    made.say("release")


def step(what: str) -> None:
    """Say what comes next."""
    print(f"{time.strftime('%H:%M:%S')}  {what}", flush=True)


def _after(made: Stage, command: subprocess.Popen[str], number: int, act: Callable[[], str]) -> None:
    """Do something as soon as so many partitions have ended; nothing when the command ends before."""
    while command.poll() is None:
        active = made.api.active(MODEL)
        runs = made.api.of_backfill(MODEL, active) if active else []
        if runs and sum(run.is_over for run in runs) >= number:
            step(f"{number} have ended: {act()}")
            return
        time.sleep(1)


def _range(weeks: list[str]) -> tuple[str, str, str, str]:
    return "--from", weeks[0], "--to", weeks[-1]


if __name__ == "__main__":
    sys.exit(main())
