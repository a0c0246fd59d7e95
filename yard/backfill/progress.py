"""How far a backfill is: for each partition what became of it, and at the end what it took."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from statistics import median

from trainyard.ledger import Record
from yard.backfill.airflow import PartitionRun

#: What a run leaves that a backfill's list of partitions left out: nothing in the ledger.
LEFT_OUT = "left out"
#: What becomes of a wanted partition of which neither a run nor the ledger says how it ended.
NO_RESULT = "without result"

_NO_RUN = "Airflow's backfill has no run of it: it was cut off, or another run was at work on the partition"
_NO_RECORD = "its run has ended, but not its record in the ledger: the log of its task `record` says why"


@dataclass(frozen=True)
class Ended:
    """A partition whose run has ended.

    :param outcome: of the ledger's record; ``failed`` also when there is none, and see ``LEFT_OUT``, ``NO_RESULT``.
    :param seconds: from the run's begin to its end.
    :param job_seconds: of its jobs, one after another.
    :param reason: why it failed, or why nothing was done.
    """

    partition: str
    outcome: str
    seconds: float
    job_seconds: float = 0.0
    reason: str = ""

    @property
    def went_wrong(self) -> bool:
        """Whether somebody has to look after it."""
        return self.outcome in ("failed", NO_RESULT)

    @property
    def overhead(self) -> float:
        """The time in which no job ran."""
        return max(0.0, self.seconds - self.job_seconds)


@dataclass
class Progress:
    """What is known so far; ``look`` adds to it.

    :param record: the ledger's record of a run that has ended; None when it left none.
    :param wanted: the partitions that are to have a result in the end.
    """

    record: Callable[[PartitionRun], Record | None]
    wanted: Collection[str] = ()
    ended: dict[str, Ended] = field(default_factory=dict)
    runs: list[PartitionRun] = field(default_factory=list)

    def look(self, runs: Iterable[PartitionRun]) -> list[Ended]:
        """Take in how the runs are now; return what has ended since the last look."""
        self.runs = list(runs)
        new = []
        for run in self.runs:
            if not run.is_over:
                self.ended.pop(run.partition, None)  # cleared by somebody: it is not over after all
            elif run.partition not in self.ended:
                self.ended[run.partition] = told = outcome(run, self.record(run), wanted=run.partition in self.wanted)
                new.append(told)
        return new

    def close(self) -> None:
        """Take in that there will be no other runs: wanted partitions that have none are without result."""
        for name in set(self.wanted) - {run.partition for run in self.runs}:
            self.ended[name] = Ended(name, NO_RESULT, 0.0, reason=_NO_RUN)

    @property
    def is_over(self) -> bool:
        """Whether there are runs, and none will change any more."""
        return bool(self.runs) and all(run.partition in self.ended for run in self.runs)

    @property
    def working(self) -> list[PartitionRun]:
        """The runs that are at work."""
        return [run for run in self.runs if run.state == "running"]

    def counts(self) -> Counter[str]:
        """How many partitions came to which outcome."""
        return Counter(told.outcome for told in self.ended.values())

    def built(self) -> list[Ended]:
        """Those whose jobs ran and ended well, by partition."""
        return [told for _, told in sorted(self.ended.items()) if told.outcome == "complete"]


def outcome(run: PartitionRun, record: Record | None, *, wanted: bool) -> Ended:
    """What became of a partition, by Airflow's word and the ledger's.

    :param wanted: whether the backfill was to run it.
    """
    jobs = sum(float(left.get("seconds", 0)) for left in record.steps.values()) if record else 0.0
    if run.state == "failed":
        reason = record.reason if record and record.reason else "its run failed before it had a record"
        return Ended(run.partition, "failed", run.seconds, jobs, reason)
    if record is None and not wanted:
        return Ended(run.partition, LEFT_OUT, run.seconds)
    if record is None or record.outcome == "running":  # Airflow calls a run a success whose teardown failed
        return Ended(run.partition, NO_RESULT, run.seconds, jobs, _NO_RECORD)
    return Ended(run.partition, record.outcome, run.seconds, jobs, record.reason)


def summary(built: list[Ended], seconds: float) -> str:
    """One sentence on what the partitions took."""
    each, jobs = median(told.seconds for told in built), median(told.job_seconds for told in built)
    overhead = median(told.overhead for told in built)
    return (
        f"{len(built)} built in {seconds:,.0f} s, one each {seconds / len(built):.1f} s. "
        f"A partition took {each:.1f} s (median): its jobs {jobs:.1f} s, overhead {overhead:.1f} s."
    )
