"""``python -m tests.crash_matrix``: run the matrix, print it, and fail when a cell is not as it must be."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash_matrix.case import CREATES, Case
from tests.crash_matrix.scenarios import SCENARIOS, Scenario
from tests.crash_matrix.world import ENDING, ROOT, NeverHappened, World, world
from yard.errors import YardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def main() -> int:
    """Run what the command line asks for; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash_matrix", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=list(CREATES), default=list(CREATES), help="rows (default: all)")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--scenarios", nargs="+", choices=names, default=names, help="columns (default: all)")
    parser.add_argument("--state", type=Path, default=ROOT / ".trainyard" / "crash-matrix", help="its state folder")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    cases: list[Case] = []
    with world(options.state) as made:
        for scenario in SCENARIOS:
            if scenario.name in options.scenarios:
                cases += suffer(made, scenario, options.kinds)
    print(table(cases))
    wrong = sum(bool(case.verdict) for case in cases)
    print(f"{len(cases)} cells, {wrong} wrong")
    return 1 if wrong else 0


def _end(number: int, _frame: object) -> None:
    """Whatever was started is ended, also when this is."""
    ENDING.set()
    sys.exit(128 + number)


def suffer(made: World, scenario: Scenario, kinds: Iterable[str]) -> list[Case]:
    """Let every kind of job suffer one scenario, all at the same time."""
    cases = [Case(kind, scenario, _number()) for kind in kinds]
    print(f"{time.strftime('%H:%M:%S')}  {scenario.name}", flush=True)
    with ThreadPoolExecutor(len(cases)) as pool:

        def each(what: Callable[[Case], object]) -> None:
            def guarded(case: Case) -> None:
                try:
                    if not case.trouble:
                        what(case)
                except (NeverHappened, YardError) as error:
                    case.trouble = str(error)

            list(pool.map(guarded, cases))

        # A cluster that starts is shown by a reply that holds for all clusters: the steps' own must be up before.
        each(lambda case: None if case.kind == "cluster" else case.bring(made))
        each(lambda case: case.bring(made) if case.kind == "cluster" else None)
        each(lambda case: case.require_running(made))
        if scenario.act_once:
            scenario.act_once(made)
        each(lambda case: case.suffer(made))
    for case in cases:
        print(f"          {line(case)}", flush=True)
    return cases


def line(case: Case) -> str:
    """One cell as a line."""
    seconds = f"{case.seconds:6.0f}" if case.seconds is not None else "     -"
    told = (case.kind, case.scenario.name, case.count.created, case.count.running, case.state, seconds)
    return "{:<14}{:<33}{:>8}{:>9}  {:<9}{}  ".format(*told) + (case.verdict or "ok")


def table(cases: Iterable[Case]) -> str:
    """The whole matrix."""
    head = f"{'kind':<14}{'scenario':<33}{'created':>8}{'running':>9}  {'state':<9}{'stop s':>6}"
    return "\n".join([head, "-" * len(head), *(line(case) for case in sorted(cases, key=lambda case: case.kind))])


_numbers = iter(range(int(time.time()), 2**40))


def _number() -> int:
    return next(_numbers)


if __name__ == "__main__":
    sys.exit(main())
