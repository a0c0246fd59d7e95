"""What a backfill does with each partition of its range, and why. Nothing here asks anybody anything."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from trainyard.calendars import Calendar
from trainyard.fingerprints import Fingerprint
from trainyard.ledger import Record
from trainyard.partitions import Partition
from yard.errors import YardError

#: A larger range is taken for a slip of the pen.
MOST = 1_000


class Redo(Enum):
    """Which partitions are run again beside those that were never built."""

    NOTHING = "nothing"
    FAILED = "failed"
    CHANGED = "changed"
    ALL = "all"


class Stand(Enum):
    """How a partition stands."""

    NEW = "new"
    FAILED = "failed"
    CHANGED = "changed"
    BUILT = "built"
    RUNNING = "running"
    NO_DATA = "no data"


@dataclass(frozen=True)
class Known:
    """What is known of a partition.

    :param current: the record whose result counts.
    :param last: that of the latest run.
    :param mark: what a run would be made from now; None while the source has no such partition.
    :param active: the id of a run that Airflow is at work on; else empty.
    """

    current: Record | None = None
    last: Record | None = None
    mark: Fingerprint | None = None
    active: str = ""


@dataclass(frozen=True)
class Item:
    """One partition of a plan.

    :param why: the reason, for a person.
    :param wanted: whether the backfill is to run it.
    :param hole: whether it would be, had the source the data.
    """

    partition: str
    stand: Stand
    why: str
    wanted: bool = False
    hole: bool = False


@dataclass(frozen=True)
class Plan:
    """All partitions of a range, oldest first."""

    items: Sequence[Item]
    redo: Redo

    @property
    def wanted(self) -> list[str]:
        """The partitions that are to be run."""
        return [item.partition for item in self.items if item.wanted]

    @property
    def between(self) -> list[str]:
        """Those from the first to the last wanted one: what Airflow's backfill goes through."""
        wanted = self.wanted
        return [item.partition for item in self.items if wanted and wanted[0] <= item.partition <= wanted[-1]]

    @property
    def missing(self) -> list[str]:
        """Those that should be run, and for which the source has no data."""
        return [item.partition for item in self.items if item.hole]

    def count(self, stand: Stand) -> int:
        """How many stand so."""
        return sum(item.stand is stand for item in self.items)


def partitions(calendar: Calendar, first: str, last: str, today: date) -> list[str]:
    """The partitions from one to another, both included.

    :raises PartitionError: for a text that is no partition, naming the one that its day belongs to.
    :raises YardError: for a range that is reversed, lies in the future or is too long.
    """
    start, end = Partition.parse(first, calendar), Partition.parse(last, calendar)
    if start.start > end.start:
        raise YardError(f"The range is reversed: {first} is after {last}.", f"--from {last} --to {first}")
    if end.start > today:
        newest = Partition.starting(calendar.start_of(today), calendar)
        raise YardError(
            f"Partition {last} lies in the future: today is {today.isoformat()}.", f"The newest one is {newest}."
        )
    found = []
    for partition in _from(start, calendar):
        found.append(str(partition))
        if partition.start >= end.start:
            break
        if len(found) == MOST:
            raise YardError(
                f"From {first} to {last} there are more than {MOST:,} partitions.",
                f"Is that meant? Then do it in parts of at most {MOST:,}.",
            )
    return found


def _from(partition: Partition, calendar: Calendar) -> Iterator[Partition]:
    while True:
        yield partition
        partition = Partition.starting(partition.end, calendar)


def plan(names: Sequence[str], known: Mapping[str, Known], redo: Redo, rebuilt: Collection[str] = frozenset()) -> Plan:
    """Decide for each partition.

    :param names: the partitions, oldest first.
    :param known: what is known of each.
    :param redo: which ones are run again.
    :param rebuilt: those that just were, which their records do not tell.
    """
    return Plan([decide(name, known[name], Redo.NOTHING if name in rebuilt else redo) for name in names], redo)


def decide(name: str, known: Known, redo: Redo) -> Item:
    """What to do with one partition."""
    if known.active:
        return Item(name, Stand.RUNNING, f"run {known.active} is at work on it")
    if known.mark is None:
        kept = f"; the result of {known.current.run_id} stays" if known.current else ""
        hole = known.current is None or redo is Redo.ALL
        return Item(name, Stand.NO_DATA, f"the source has no complete partition {name}{kept}", hole=hole)
    if _failed(known):
        return _decide_failed(name, known.last, known.mark, redo)
    if known.current is None:
        ran = f"run {known.last.run_id} never ended" if known.last else "never run"
        return Item(name, Stand.NEW, ran, wanted=True)
    changes = changed(known.mark, known.current)
    if changes:
        return Item(name, Stand.CHANGED, f"{', '.join(changes)} changed", redo in (Redo.CHANGED, Redo.ALL))
    return Item(name, Stand.BUILT, f"by run {known.current.run_id}", redo is Redo.ALL)


def changed(mark: Fingerprint, record: Record) -> tuple[str, ...]:
    """Name what is different now from what a record was made from."""
    if record.fingerprint is None:
        return ("what it was made from is not known, so it may have",)
    return mark.changes(record.fingerprint)


def _failed(known: Known) -> bool:
    """Whether the latest run failed, and there is no result that would come out the same."""
    if known.last is None or known.last.outcome != "failed":
        return False
    return known.current is None or known.mark is None or bool(changed(known.mark, known.current))


def _decide_failed(name: str, last: Record | None, mark: Fingerprint, redo: Redo) -> Item:
    changes = mark.changes(last.fingerprint) if last and last.fingerprint else ()
    why = f"run {last.run_id} {last.reason}" if last else ""
    if changes:
        why += f"; since then {', '.join(changes)} changed"
    wanted = redo in (Redo.FAILED, Redo.ALL) or (redo is Redo.CHANGED and bool(changes))
    return Item(name, Stand.FAILED, why, wanted)
