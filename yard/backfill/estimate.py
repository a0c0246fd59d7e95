"""What a backfill will take: jobs, machine hours, money and time, from what the same steps took before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from statistics import median

from trainyard.compute import Compute
from trainyard.ledger import Record
from trainyard.prices import hourly
from trainyard.spec import ModelSpec
from yard.backfill.pipeline import Pipeline


@dataclass(frozen=True)
class Job:
    """A step's work for one partition: one job, or as many as a search has trials.

    :param machines: how many of each type it holds; None where the service decides.
    :param seconds: how long a job takes, as far as known, else its time limit.
    :param number: how many jobs.
    :param rounds: how many of them follow one another.
    """

    step: str
    machines: Mapping[str, int] | None
    seconds: float
    number: int = 1
    rounds: int = 1


@dataclass(frozen=True)
class Estimate:
    """For all partitions together.

    :param jobs: how many.
    :param hours: of machines; of those whose number is known.
    :param cost: in US dollars at list prices; None when the price of a machine is not known.
    :param seconds: from the first partition's begin to the last one's end.
    :param measured: how many earlier partitions it is taken from; 0: from the time limits, an upper bound.
    """

    jobs: int
    hours: float
    cost: float | None
    seconds: float
    measured: int


def estimate(
    pipeline: Pipeline, records: Iterable[Record], partitions: int, at_once: int, *, tune: bool = False
) -> Estimate:
    """Reckon up a backfill.

    :param records: of runs that had a result, of any partition.
    :param partitions: how many are to be run.
    :param at_once: how many at a time.
    :param tune: whether each searches hyperparameters first; the best trial's model goes on.
    """
    known = [record for record in records if record.outcome == "complete"]
    jobs = list(_jobs(pipeline, known, tune=tune))
    prices = [_price(job) for job in jobs]
    hours = sum(job.number * job.seconds * sum((job.machines or {}).values()) for job in jobs) / 3600
    more = sum((job.rounds - 1) * job.seconds for job in jobs)
    whole = [took if _searched(record) else took + more for record in known if (took := run_seconds(record))]
    each = median(whole) if whole else sum(job.rounds * job.seconds for job in jobs)
    number = partitions * sum(job.number for job in jobs)
    cost = None if None in prices else partitions * sum(price for price in prices if price is not None)
    return Estimate(number, partitions * hours, cost, ceil(partitions / at_once) * each, len(whole))


def run_seconds(record: Record) -> float:
    """How long a run took; 0 for one that has not ended."""
    if not record.ended_at:
        return 0.0
    return (datetime.fromisoformat(record.ended_at) - datetime.fromisoformat(record.began_at)).total_seconds()


def _searched(record: Record) -> bool:
    """Whether a run searched hyperparameters."""
    left = {task.rpartition(".")[2]: told for task, told in record.steps.items()}
    return left.get("choose_hyperparameters", {}).get("state") == "success"


def _jobs(pipeline: Pipeline, records: Collection[Record], *, tune: bool) -> Iterable[Job]:
    spec, before, skipped = pipeline.spec, _measured(records), _skipped(records)
    rounds = ceil(spec.search.trials / spec.search.parallel)
    for step, (machines, compute) in _machines(spec).items():
        if step in pipeline.steps and step not in skipped:
            job = Job(step, machines, before.get(step, compute.seconds))
            searches = tune and step == "train"
            yield replace(job, number=spec.search.trials, rounds=rounds) if searches else job


def _machines(spec: ModelSpec) -> dict[str, tuple[Mapping[str, int] | None, Compute]]:
    """The machines of each step that has a job of its own; a cluster is counted with the step that runs on it."""
    spark = spec.spark.compute
    on_cluster = {spark.instance_type: spark.instance_count + 1} if spec.spark.on == "emr" else None
    found: dict[str, tuple[Mapping[str, int] | None, Compute]] = {"build_examples": (on_cluster, spark)}
    for step, compute in (
        ("train", spec.training.compute),
        ("evaluate", spec.evaluation),
        ("score", spec.serving.scoring),
    ):
        found[step] = ({compute.instance_type: compute.instance_count}, compute)
    return found


def _measured(records: Collection[Record]) -> dict[str, float]:
    """The median of the seconds that each step's job took."""
    took: dict[str, list[float]] = {}
    for record in records:
        for task, left in record.steps.items():
            if "seconds" in left:
                took.setdefault(task.rpartition(".")[2], []).append(float(left["seconds"]))
    return {step: median(seconds) for step, seconds in took.items()}


def _skipped(records: Collection[Record]) -> set[str]:
    """The steps that no run had a job of: an older partition, for one, is not scored."""
    states: dict[str, set[object]] = {}
    for record in records:
        for task, left in record.steps.items():
            states.setdefault(task.rpartition(".")[2], set()).add(left.get("state"))
    return {step for step, found in states.items() if found == {"skipped"}}


def _price(job: Job) -> float | None:
    """What a step's jobs cost; None when nobody knows."""
    price = hourly(job.machines or {})
    return None if price is None else price * job.number * job.seconds / 3600
