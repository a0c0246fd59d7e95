"""How many jobs a task made, and how many still run: asked of the services, never of Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from trainyard.names import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yard.clients import Aws

#: The id and the state of a job.
Found = tuple[str, str]
_ENDED = {
    "Completed", "Failed", "Stopped", "FINISHED", "FAILED", "ABORTED", "TERMINATED", "TERMINATED_WITH_ERRORS",
    "COMPLETED", "CANCELLED", "INTERRUPTED", "SUCCESS", "Succeeded", "InService", "SUCCEEDED", "TIMED_OUT",
}  # fmt: skip


@dataclass(frozen=True)
class Count:
    """The jobs of one task."""

    jobs: tuple[Found, ...]

    @property
    def created(self) -> int:
        """How many there ever were."""
        return len(self.jobs)

    @property
    def running(self) -> int:
        """How many have not ended."""
        return sum(state not in _ENDED for _, state in self.jobs)


def digest_of(dag: str, run: str) -> str:
    """The part that the names of all jobs of the task ``work`` have in common."""
    ti = SimpleNamespace(dag_id=dag, run_id=run, task_id="work", map_index=-1, try_number=1)
    return Identity.of(ti, max_tries=1, retries=0).digest


def count(aws: Aws, kind: str, digest: str) -> Count:
    """Count the jobs of a kind whose names hold the digest."""
    return Count(tuple(_COUNTED[kind](aws, digest)))


def _sagemaker(noun: str, head: str) -> Callable[[Aws, str], Iterator[Found]]:
    def listed(aws: Aws, digest: str) -> Iterator[Found]:
        pages = aws.client("sagemaker").get_paginator(f"list_{noun}").paginate(NameContains=digest)
        for page in pages:
            for item in page[f"{head}Summaries"]:
                yield item[f"{head}Name"], item[f"{head}Status"]

    return listed


def _statements(aws: Aws, digest: str) -> Iterator[Found]:
    for page in aws.client("redshift-data").get_paginator("list_statements").paginate(Status="ALL"):
        for item in page["Statements"]:
            if digest in item.get("StatementName", ""):
                yield item["Id"], item["Status"]


def _clusters(aws: Aws, digest: str) -> Iterator[Found]:
    for cluster in _all_clusters(aws):
        if digest in cluster["Name"]:
            yield cluster["Id"], cluster["Status"]["State"]


def _steps(aws: Aws, digest: str) -> Iterator[Found]:
    for cluster in _all_clusters(aws):
        for page in aws.client("emr").get_paginator("list_steps").paginate(ClusterId=cluster["Id"]):
            for step in page["Steps"]:
                if digest in step["Name"]:
                    yield step["Id"], step["Status"]["State"]


def _all_clusters(aws: Aws) -> Iterator[dict[str, Any]]:
    for page in aws.client("emr").get_paginator("list_clusters").paginate():
        yield from page["Clusters"]


def _job_runs(aws: Aws, digest: str) -> Iterator[Found]:
    serverless = aws.client("emr-serverless")
    for application in serverless.list_applications()["applications"]:
        for page in serverless.get_paginator("list_job_runs").paginate(applicationId=application["id"]):
            for run in page["jobRuns"]:
                if digest in run.get("name", ""):
                    yield run["id"], run["state"]


def _executions(aws: Aws, digest: str) -> Iterator[Found]:
    pages = aws.client("sagemaker").get_paginator("list_pipeline_executions").paginate(PipelineName="crash")
    for page in pages:
        for execution in page["PipelineExecutionSummaries"]:
            if digest in execution.get("PipelineExecutionDisplayName", ""):
                yield execution["PipelineExecutionArn"], execution["PipelineExecutionStatus"]


def _machine_executions(aws: Aws, digest: str) -> Iterator[Found]:
    states = aws.client("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine["stateMachineArn"])
        for page in pages:
            for execution in page["executions"]:
                if digest in execution["name"]:
                    yield execution["executionArn"], execution["status"]


_COUNTED: dict[str, Callable[[Aws, str], Iterator[Found]]] = {
    "statement": _statements,
    "transaction": _statements,
    "cluster": _clusters,
    "step": _steps,
    "processing": _sagemaker("processing_jobs", "ProcessingJob"),
    "training": _sagemaker("training_jobs", "TrainingJob"),
    "tuning": _sagemaker("hyper_parameter_tuning_jobs", "HyperParameterTuningJob"),
    "transform": _sagemaker("transform_jobs", "TransformJob"),
    "job_run": _job_runs,
    "pipeline": _executions,
    "state_machine": _machine_executions,
}
