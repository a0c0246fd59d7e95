"""Which of the things that runs have made belong to no live task? Decided from plain facts.

Nothing is a leftover that is young (its task may not have said yet that it lives), that another Airflow made, or whose
owner cannot be proven. What cannot be proven is told, and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trainyard.owners import owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from trainyard.kinds import Ref
    from trainyard.owners import Owner


@dataclass(frozen=True)
class Found:
    """Something that a run has made and that costs while it is there.

    Attributes:
        kind: key of its kind in ``catalog.KINDS``.
        name: its name.
        ref: what identifies it to its service.
        created: when it was made, in seconds since 1970.
        tags: its tags, or what is signed on it.
        machines: how many of each instance type it holds; empty when that is not known.
        outlives: whether it belongs to its whole run: a cluster, which other tasks use.
    """

    kind: str
    name: str
    ref: Ref
    created: float
    tags: Mapping[str, str]
    machines: Mapping[str, int] = field(default_factory=dict)
    outlives: bool = False


@dataclass(frozen=True)
class Leftover:
    """Something that belongs to no live task.

    Attributes:
        found: what it is.
        why: how that is known.
        sure: whether it may be stopped.
    """

    found: Found
    why: str
    sure: bool


def leftovers(
    found: Iterable[Found], lives: Callable[[Owner, bool], bool], *, bucket: str, now: float, older_than: float
) -> list[Leftover]:
    """Return what belongs to no live task, oldest first.

    Args:
        found: everything that carries our tags.
        lives: whether a task lives, or (true) the run that it is of.
        bucket: the bucket of this Airflow; what names another one is another Airflow's.
        now: seconds since 1970.
        older_than: seconds; what is younger is left alone.
    """
    ours = [item for item in found if item.tags.get("trainyard:bucket") == bucket]
    newest: dict[str, int] = {}
    for item in ours:
        if owner := owner_of(item.name, item.tags):
            newest[owner.digest] = max(owner.generation, newest.get(owner.digest, 0))
    told = []
    for item in sorted(ours, key=lambda item: item.created):
        if now - item.created < older_than:
            continue
        owner = owner_of(item.name, item.tags)
        if owner is None:
            told.append(Leftover(item, "its name and its tags do not prove whose it is: look for yourself", False))
        elif owner.generation < newest[owner.digest]:
            told.append(Leftover(item, f"{owner.task} was cleared and has started anew", True))
        elif not lives(owner, item.outlives):
            what = f"the run {owner.run}" if item.outlives else f"the task {owner.task} of {owner.run}"
            told.append(Leftover(item, f"{what} of {owner.dag} is not running", True))
    return told
