"""The records of pipelines, executions and their steps."""

import hashlib
import json
import secrets
import string
import threading
from collections.abc import Callable
from typing import Any

from local_aws.services.sagemaker.pipelines import errors
from local_aws.services.sagemaker.records import now
from local_aws.state import Record
from local_aws.world import World

ENDED = ("Succeeded", "Failed", "Stopped")
STEP_ACTIVE = ("Starting", "Executing", "Stopping")


class Store:
    """All of them. ``lock`` makes a read-change-put atomic."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pipelines = world.state.table("sagemaker.pipelines")
        self._executions = world.state.table("sagemaker.pipeline_executions")
        self._steps = world.state.table("sagemaker.pipeline_steps")
        self._tokens = world.state.table("sagemaker.pipeline_tokens")
        self.lock = threading.RLock()

    def pipeline_arn(self, name: str) -> str:
        """The ARN that a pipeline of that name has."""
        return self._world.arn("sagemaker", f"pipeline/{name.lower()}")

    def new_execution_arn(self, pipeline_arn: str) -> str:
        """The ARN of a further execution."""
        letters = string.ascii_lowercase + string.digits
        return f"{pipeline_arn}/execution/{''.join(secrets.choice(letters) for _ in range(12))}"

    def pipelines(self) -> list[Record]:
        """All pipelines, the oldest first."""
        return self._pipelines.values()

    def pipeline(self, name_or_arn: str) -> Record:
        """The pipeline.

        :raises AwsError: ``ResourceNotFound``.
        """
        arn = name_or_arn if name_or_arn.startswith("arn:") else self.pipeline_arn(name_or_arn)
        record = self._pipelines.get(arn)
        if record is None:
            raise errors.no_pipeline(arn)
        return record

    def has_pipeline(self, name: str) -> bool:
        """Whether there is one of that name."""
        return self.pipeline_arn(name) in self._pipelines

    def put_pipeline(self, record: Record) -> None:
        """Keep a pipeline."""
        self._pipelines.put(record["PipelineArn"], record)

    def delete_pipeline(self, arn: str) -> None:
        """Forget a pipeline; what its executions made stays."""
        self._pipelines.delete(arn)

    def executions(self, pipeline_arn: str | None = None) -> list[Record]:
        """The executions of a pipeline, or of all, the oldest first."""
        found = self._executions.values()
        return [record for record in found if pipeline_arn in (None, record["PipelineArn"])]

    def execution(self, arn: str) -> Record:
        """The execution.

        :raises AwsError: ``ResourceNotFound``.
        """
        record = self._executions.get(arn)
        if record is None:
            raise errors.no_execution(arn)
        return record

    def put_execution(self, record: Record) -> None:
        """Keep an execution."""
        self._executions.put(record["PipelineExecutionArn"], record)

    def change_execution(self, arn: str, **changes: Any) -> Record:
        """Change some members of an execution."""
        with self.lock:
            record = {**self.execution(arn), **changes, "LastModifiedTime": now()}
            self.put_execution(record)
        return record

    def steps(self, execution_arn: str) -> dict[str, Record]:
        """The steps of an execution that have begun, by name, in that order."""
        return {record["StepName"]: record for record in self._steps.values() if record["Execution"] == execution_arn}

    def all_steps(self) -> list[Record]:
        """Every step that ever began, the oldest first."""
        return self._steps.values()

    def put_step(self, record: Record) -> None:
        """Keep a step."""
        self._steps.put(f"{record['Execution']}/{record['StepName']}", record)

    def once(self, operation: str, asked: dict[str, Any], make: Callable[[], str]) -> str:
        """The ARN that ``make`` gives, or gave when the same request came with the same token before.

        :raises AwsError: ``ConflictException`` when the token came with another request.
        """
        key = f"{operation}/{asked['PipelineName']}/{asked['ClientRequestToken']}"
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
        with self.lock:
            known = self._tokens.get(key)
            if known is None:
                known = {"Arn": make(), "Digest": digest}
                self._tokens.put(key, known)
            elif known["Digest"] != digest:
                raise errors.conflict(f"ClientRequestToken was used before, in a {operation} with other parameters.")
        return str(known["Arn"])
