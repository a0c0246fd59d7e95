"""What must be true at the end, each as a sentence when it is not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.backfill_proof.stage import MODEL
from trainyard.names import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.backfill_proof.stage import Stage
    from trainyard.ledger import Record
    from yard.clients import Aws

#: What lists the jobs of a kind: the task, service, operation, its items, and an item's name and state.
_LISTS = (
    ("learn.train", "sagemaker", "list_training_jobs", "TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus"),
    ("learn.evaluate", "sagemaker", "list_processing_jobs", "ProcessingJobSummaries", "ProcessingJobName",
     "ProcessingJobStatus"),
    ("release.score", "sagemaker", "list_transform_jobs", "TransformJobSummaries", "TransformJobName",
     "TransformJobStatus"),
    ("prepare.start_cluster", "emr", "list_clusters", "Clusters", "Name", "Status"),
)  # fmt: skip
_OVER = {"Completed", "Failed", "Stopped", "TERMINATED", "TERMINATED_WITH_ERRORS"}
_WELL = {"Completed", "TERMINATED"}


@dataclass(frozen=True)
class Job:
    """A job as its service lists it."""

    name: str
    state: str


def one_result_each(stage: Stage) -> Iterator[str]:
    """Every partition is complete, by a run of the backfill, and has a version of its own in the registry."""
    versions: dict[str, str] = {}
    for week, history in stage.ledger.read(stage.weeks).items():
        current = history.current
        if current is None or current.outcome != "complete":
            yield f"{week} has no result: {[(record.run_id, record.outcome) for record in history.records]}"
            continue
        if current.run_type != "backfill" or current.released:
            yield f"{week}: run {current.run_id} is a {current.run_type} run, released: {current.released}"
        if sum(record.is_result for record in history.records) != 1:
            yield f"{week} has {len(history.records)} results"
        if current.model_package in versions:
            yield f"{week} and {versions[current.model_package]} share {current.model_package}"
        versions[current.model_package] = week


def no_job_twice(stage: Stage) -> Iterator[str]:
    """Each piece of work has one job that ended well; others are those that were killed, and nothing runs on."""
    found = {task: by_digest(list_jobs(stage.session.aws, *how)) for task, *how in _LISTS}
    for record in results(stage):
        for task, jobs in found.items():
            mine = jobs.get(digest_of(MODEL, record.run_id, task, -1), [])
            well = [job for job in mine if job.state in _WELL]
            if (task in record.steps and record.steps[task]["state"] == "success") != (len(well) == 1):
                yield f"{record.partition} {task}: {mine}"
            for job in mine:
                if job.state not in _OVER:
                    yield f"{job.name} is still {job.state}"
                elif job not in well:
                    print(f"  {job.name} was lost on the way: {job.state}")


def untouched(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What is live is what was live."""
    if before != after:
        yield f"production was {before} and is {after}"


def results(stage: Stage) -> list[Record]:
    """The records that count."""
    return [history.current for history in stage.ledger.read(stage.weeks).values() if history.current]


def list_jobs(aws: Aws, service: str, operation: str, items: str, name: str, state: str) -> Iterator[Job]:
    """All jobs of a kind."""
    for page in aws.client(service).get_paginator(operation).paginate():
        for item in page[items]:
            found = item[state]
            yield Job(item[name], found["State"] if isinstance(found, dict) else found)


def by_digest(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    """The jobs of each piece of work, by the digits in their names that stand for it."""
    found: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        for part in job.name.replace(".", "-").split("-"):
            if len(part) == 10:
                found[part].append(job)
    return found
