"""How far a backfill is: for each partition what became of it, and at the end what it took."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from trainyard.ledger import Record
from yard.backfill.airflow import PartitionRun

#: What a run leaves that a backfill's list of partitions left out: nothing in the ledger.
LEFT_OUT = "left out"


@dataclass(frozen=True)
class Ended:
    """A partition whose run has ended.

    :param outcome: of the ledger's record; ``failed`` also when there is none.
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
    def overhead(self) -> float:
        """The time in which no job ran."""
        return max(0.0, self.seconds - self.job_seconds)


@dataclass
class Progress:
    """What is known so far; ``look`` adds to it.

    :param record: the ledger's record of a run that has ended; None when it left none.
    """

    record: Callable[[PartitionRun], Record | None]
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
                self.ended[run.partition] = told = outcome(run, self.record(run))
                new.append(told)
        return new

    @property
    def is_over(self) -> bool:
        """Whether no run will change any more."""
        return bool(self.runs) and len(self.ended) == len(self.runs)

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


def outcome(run: PartitionRun, record: Record | None) -> Ended:
    """What became of a partition, by Airflow's word and the ledger's."""
    jobs = sum(float(left.get("seconds", 0)) for left in record.steps.values()) if record else 0.0
    if run.state == "failed":
        reason = record.reason if record and record.reason else "its run failed before it had a record"
        return Ended(run.partition, "failed", run.seconds, jobs, reason)
    if record is None:
        return Ended(run.partition, LEFT_OUT, run.seconds)
    return Ended(run.partition, record.outcome, run.seconds, jobs, record.reason)


def summary(built: list[Ended], seconds: float) -> str:
    """One sentence on what the partitions took."""
    each, jobs = median(told.seconds for told in built), median(told.job_seconds for told in built)
    overhead = median(told.overhead for told in built)
    return (
        f"{len(built)} built in {seconds:,.0f} s, one each {seconds / len(built):.1f} s. "
        f"A partition took {each:.1f} s (median): its jobs {jobs:.1f} s, overhead {overhead:.1f} s."
    )
