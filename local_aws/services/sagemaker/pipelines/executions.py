"""Operations on executions, and the executions that are under way."""

import logging
import threading
from typing import Any

from local_aws.service import Call
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.pipelines import errors
from local_aws.services.sagemaker.pipelines.api import created_between
from local_aws.services.sagemaker.pipelines.definition import parse
from local_aws.services.sagemaker.pipelines.execution import Execution
from local_aws.services.sagemaker.pipelines.kinds import Calls
from local_aws.services.sagemaker.pipelines.parameters import values_of
from local_aws.services.sagemaker.pipelines.store import ENDED, Store
from local_aws.services.sagemaker.records import now
from local_aws.world import World

_UNSERVED = ("SelectiveExecutionConfig", "PipelineVersionId", "MlflowExperimentName")
_SAID = ("PipelineExecutionDisplayName", "PipelineExecutionDescription")
_ALL = {"MaxResults": 100}


class PipelineExecutions:
    """StartPipelineExecution to StopPipelineExecution."""

    def __init__(self, world: World, store: Store, calls: Calls) -> None:
        self._world, self._store, self._calls = world, store, calls
        self._running: dict[str, Execution] = {}
        self._lock = threading.Lock()

    def start_pipeline_execution(self, call: Call) -> dict[str, Any]:
        """Record an execution of the pipeline as it is now, and let it run."""
        asked = call.params
        unserved = [name for name in _UNSERVED if name in asked]
        if unserved:
            raise errors.not_here(unserved)
        arn = self._store.once("StartPipelineExecution", asked, lambda: self._begin(asked))
        return {"PipelineExecutionArn": arn}

    def describe_pipeline_execution(self, call: Call) -> dict[str, Any]:
        """How an execution is."""
        return self._store.execution(call.params["PipelineExecutionArn"])

    def list_pipeline_executions(self, call: Call) -> dict[str, Any]:
        """A page of a pipeline's executions, the newest first."""
        asked = call.params
        found = self._store.executions(self._store.pipeline(asked["PipelineName"])["PipelineArn"])
        for record in found:
            record["StartTime"] = record["CreationTime"]
            if "FailureReason" in record:
                record["PipelineExecutionFailureReason"] = record["FailureReason"]
        kept = [record for record in found if created_between(record, asked)]
        return listed("PipelineExecutionSummaries", kept, asked, name="PipelineExecutionArn")

    def list_pipeline_execution_steps(self, call: Call) -> dict[str, Any]:
        """The steps of an execution that have begun, the last one first unless asked otherwise."""
        arn = self._store.execution(call.params.get("PipelineExecutionArn", ""))["PipelineExecutionArn"]
        steps = self._store.steps(arn).values()
        return listed("PipelineExecutionSteps", steps, {**_ALL, **call.params}, name="StepName")

    def list_pipeline_parameters_for_execution(self, call: Call) -> dict[str, Any]:
        """The parameters of an execution, those with their default value, too."""
        values = self._store.execution(call.params["PipelineExecutionArn"])["Parameters"]
        found = [{"Name": name, "Value": str(value)} for name, value in values.items()]
        asked = {**_ALL, **call.params, "SortOrder": "Ascending"}
        return listed("PipelineParameters", found, asked, name="Name")

    def describe_pipeline_definition_for_execution(self, call: Call) -> dict[str, Any]:
        """The definition that an execution began with."""
        record = self._store.execution(call.params["PipelineExecutionArn"])
        return {"PipelineDefinition": record["PipelineDefinition"], "CreationTime": record["CreationTime"]}

    def stop_pipeline_execution(self, call: Call) -> dict[str, Any]:
        """Begin to end an execution and the jobs of its steps; a second time changes nothing."""
        arn = call.params["PipelineExecutionArn"]
        with self._store.lock:
            status = self._store.execution(arn)["PipelineExecutionStatus"]
            if status in ENDED:
                raise errors.conflict(f"Pipeline execution '{arn}' is {status} and cannot be stopped.")
            self._store.change_execution(arn, PipelineExecutionStatus="Stopping")
        with self._lock:
            running = self._running.get(arn)
        if running:
            running.wake()
        return {"PipelineExecutionArn": arn}

    def start(self) -> None:
        """Go on with the executions of an earlier local_aws."""
        for record in self._store.executions():
            if record["PipelineExecutionStatus"] not in ENDED:
                logging.info("going on with %s", record["PipelineExecutionArn"])
                self._launch(record["PipelineExecutionArn"])

    def stop(self) -> None:
        """Let go of them."""
        with self._lock:
            running = list(self._running.values())
        for execution in running:
            execution.abandon()

    def _begin(self, asked: dict[str, Any]) -> str:
        pipeline = self._store.pipeline(asked["PipelineName"])
        definition = parse(pipeline["PipelineDefinition"])
        arn = self._store.new_execution_arn(pipeline["PipelineArn"])
        moment = now()
        parallel = asked.get("ParallelismConfiguration") or pipeline.get("ParallelismConfiguration")
        self._store.put_execution(
            {
                **{name: asked[name] for name in _SAID if name in asked},
                "PipelineExecutionArn": arn,
                "PipelineArn": pipeline["PipelineArn"],
                "PipelineName": pipeline["PipelineName"],
                "PipelineDefinition": pipeline["PipelineDefinition"],
                "PipelineExecutionStatus": "Executing",
                "Parameters": values_of(definition.parameters, asked.get("PipelineParameters", [])),
                **({"ParallelismConfiguration": parallel} if parallel else {}),
                "CreationTime": moment,
                "LastModifiedTime": moment,
                "CreatedBy": {},
                "LastModifiedBy": {},
            }
        )
        self._store.put_pipeline({**pipeline, "LastRunTime": moment})
        self._launch(arn)
        return arn

    def _launch(self, arn: str) -> None:
        execution = Execution(self._world, self._store, self._calls, arn, self._forget)
        with self._lock:
            self._running[arn] = execution
        execution.start()

    def _forget(self, arn: str) -> None:
        with self._lock:
            self._running.pop(arn, None)
