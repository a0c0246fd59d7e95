"""One small job of each kind, as the library asks for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.crash_matrix.jobs import REQUESTS
from trainyard.names import Identity
from trainyard.operators.claim import Claim, Claimer

if TYPE_CHECKING:
    from tests.unit.trainyard.account import Account, Task
    from trainyard.kinds import JobKind, Request

#: What the service calls each state of a kind: the shape in botocore's model of it.
SHAPES = {
    "training": "TrainingJobStatus",
    "tuning": "HyperParameterTuningJobStatus",
    "processing": "ProcessingJobStatus",
    "transform": "TransformJobStatus",
    "statement": "StatusString",
    "transaction": "StatusString",
    "cluster": "ClusterState",
    "step": "StepState",
    "job_run": "JobRunState",
    "pipeline": "PipelineExecutionStatus",
}
KINDS: dict[str, JobKind] = {key: REQUESTS[key][0] for key in SHAPES}
OPERATIONS = {
    "training": "DescribeTrainingJob",
    "tuning": "DescribeHyperParameterTuningJob",
    "processing": "DescribeProcessingJob",
    "transform": "DescribeTransformJob",
    "statement": "DescribeStatement",
    "transaction": "DescribeStatement",
    "cluster": "DescribeCluster",
    "step": "DescribeStep",
    "job_run": "GetJobRun",
    "pipeline": "DescribePipelineExecution",
}


class Work:
    """The work of one task, claimed by as many tries as one likes.

    :param inputs: what the request reads of earlier steps.
    """

    def __init__(self, account: Account, key: str, inputs: dict[str, Any]) -> None:
        self.kind, self._make = REQUESTS[key]
        self._account = account
        self._inputs = inputs

    def claim(self, number: int, retry: int) -> Claim:
        """Claim the work of the task's run of that number, in its first try or in a later one."""
        task: Task = self._account.task(f"states.{self.kind.key}{number}", retry=retry)
        task.identity = Identity(f"states.{self.kind.key}", f"{self._account.digest[:6]}{number:04d}", 1, retry)
        surroundings: Any = task

        def request(job: Any, _runtime: Any) -> Request:
            job.inputs.update(self._inputs)
            context = {"params": {"seconds": 0}}
            return self._make(job, SimpleNamespace(context=context))  # type: ignore[arg-type]  # all that they read

        limit = self.kind.limit
        return Claimer(self.kind, surroundings, lambda n: task.job(n, limit), request, None).claim()
