"""How a run ended, from how its tasks did.

A task that skips itself says why. One that was skipped and of which nobody says why was ended by somebody: marking a
run failed skips what has not begun, and Airflow (3.3.2) then runs the teardowns and calls the run a success.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.ledger import Outcome

SAID = "outcome"  # the XCom of a task that skipped itself: ``outcome`` and ``reason``
UNCHANGED, EMPTY = "unchanged", "empty"
_BROKEN = ("failed", "upstream_failed")
_BUILD = "build_examples"


@dataclass(frozen=True)
class Ended:
    """How one task ended.

    Attributes:
        state: Airflow's word.
        said: what it left: its result, or why it skipped itself.
        after: the tasks before it.
        needs_all: whether one of those that is skipped has it skipped, too.
        ours: whether it is one of Trainyard's, which say why they skip themselves; another's word is taken for it.
    """

    state: str
    said: Mapping[str, Any] = field(default_factory=dict)
    after: frozenset[str] = frozenset()
    needs_all: bool = True
    ours: bool = True


def outcome_of(tasks: Mapping[str, Ended]) -> tuple[Outcome, str]:
    """Return how the run ended, and why unless it is complete.

    Args:
        tasks: by id, those that the run's end waits for.
    """
    if broken := sorted(name for name, task in tasks.items() if task.state == _BROKEN[0]):
        return "failed", f"failed: {', '.join(broken)}"
    if any(task.state in _BROKEN for task in tasks.values()):
        return "failed", "a task before it did not succeed"
    skipped = {name for name, task in tasks.items() if task.state == "skipped"}
    if ended := sorted(skipped - _explained(tasks, skipped)):
        return "failed", f"ended by hand: {', '.join(ended)} did not run, and no task says why"
    for name in sorted(skipped):
        told = tasks[name].said
        if told.get("outcome") in (UNCHANGED, EMPTY):
            return told["outcome"], str(told.get("reason", ""))
    results = [task.said["outcome"] for task in tasks.values() if task.state == "success" and "outcome" in task.said]
    if results and set(results) == {EMPTY}:
        return "empty", "no rows"
    if any(name.rpartition(".")[2] == _BUILD for name in skipped):
        return "empty", f"nothing was built: the log of a skipped task before {_BUILD} says why"
    return "complete", ""


def _explained(tasks: Mapping[str, Ended], skipped: set[str]) -> set[str]:
    """Return the skipped tasks of which somebody says why: they themselves, or those before them."""
    known = {name for name in skipped if tasks[name].said or not tasks[name].ours}
    while more := {name for name in skipped - known if _follows(tasks[name], skipped, known)}:
        known |= more
    return known


def _follows(task: Ended, skipped: set[str], known: set[str]) -> bool:
    """Say whether a task was skipped because those before it were."""
    return bool(task.after & known) and (task.needs_all or task.after <= skipped)
