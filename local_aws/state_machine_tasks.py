"""SageMaker's integration with Step Functions: ``arn:aws:states:::sagemaker:createTrainingJob.sync`` and its like.

Source: "Create and manage Amazon SageMaker AI jobs with Step Functions" in the Step Functions developer guide: the
calls, and those that ``.sync`` waits for. A job is stopped when its execution is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local_aws.state_machines import CLIENTS

_CALLS = frozenset({"CreateEndpoint", "CreateEndpointConfig", "CreateModel", "UpdateEndpoint"})
#: The calls that ``.sync`` can wait for, and the stem of the job's names and operations.
_JOBS: Mapping[str, str] = {
    f"Create{stem}": stem for stem in ("TrainingJob", "ProcessingJob", "TransformJob", "HyperParameterTuningJob")
}
_ENDED = ("Completed", "Failed", "Stopped")
#: moto knows these services' own integrations by name only.
_UNKNOWN = ("athena", "bedrock", "codebuild", "eks", "elasticmapreduce", "emr-containers", "emr-serverless", "databrew",
            "mediaconvert")  # fmt: skip
_MANAGED = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
_MODEL = botocore.session.get_session().get_service_model("sagemaker")


def service_for(service_name: str) -> Any:
    """What carries out the tasks of a service.

    :raises NotImplementedError: for one that would come to nothing here; the definition is refused with these words.
    """
    if service_name == "sagemaker":
        return SageMakerTask()
    if service_name in _UNKNOWN:
        raise NotImplementedError(
            f"local_aws does not run the integration {service_name}; aws-sdk:{service_name} works."
        )
    return state_task_service_factory.state_task_service_for(service_name)


class SageMakerTask(StateTaskServiceCallback):
    """One task: a call, and with ``.sync`` the wait for the job that it started."""

    def __init__(self) -> None:
        # Without task tokens moto fails after every wait (it lets go of a callback that it has not made).
        super().__init__(
            {ResourceCondition(ResourceCondition.Sync), ResourceCondition(ResourceCondition.WaitForTaskToken)}
        )
        self._stop: Callable[[], None] = lambda: None

    def _operation(self) -> str:
        action = str(self.resource.api_action)
        return action[:1].upper() + action[1:]

    def _get_supported_parameters(self) -> set[str] | None:
        waits = self.resource.condition is not None
        served = self._operation() in _JOBS or (self._operation() in _CALLS and not waits)
        if not served or self.resource.condition not in (None, ResourceCondition.Sync):
            return None
        return set(_MODEL.operation_model(self._operation()).input_shape.members)

    def _client(self, where: Any) -> Any:
        return CLIENTS(where.region, "sagemaker")

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
    ) -> None:
        parameters = dict(normalised_parameters)
        if self._operation() in _JOBS:
            parameters["Tags"] = [*parameters.get("Tags", []), _MANAGED]
        reply = getattr(self._client(resource_runtime_part), xform_name(self._operation()))(**parameters)
        reply.pop("ResponseMetadata", None)
        env.stack.append(reply)

    def _build_sync_resolver(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
    ) -> Callable[[], Any]:
        env.stack.pop()  # what the call answered: the job's description takes its place
        client, stem = self._client(resource_runtime_part), _JOBS[self._operation()]
        named = {f"{stem}Name": normalised_parameters[f"{stem}Name"]}

        def stop() -> None:
            getattr(client, f"stop_{xform_name(stem)}")(**named)

        def look() -> dict[str, Any] | None:
            told: dict[str, Any] = getattr(client, f"describe_{xform_name(stem)}")(**named)
            told.pop("ResponseMetadata", None)
            status = told[f"{stem}Status"]
            if status not in _ENDED:
                return None
            if status != "Completed":
                raise FailureEventException(self._failure(env, "States.TaskFailed", to_json_str(told)))
            return told

        self._stop = stop
        return look

    def _eval_sync(
        self, env: Any, sync_resolver: Any, timeout_seconds: Any, callback_endpoint: Any, heartbeat_endpoint: Any
    ) -> Any:
        found = super()._eval_sync(env, sync_resolver, timeout_seconds, callback_endpoint, heartbeat_endpoint)
        if found is None:  # the execution was stopped, or the task's time is up
            self._stop()
        return found

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError):
            error = ex.response["Error"]
            return self._failure(env, f"SageMaker.{error['Code']}", error["Message"])
        return super()._from_error(env=env, ex=ex)

    def _failure(self, env: Any, error: str, cause: str) -> Any:
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type(), error=error, cause=cause
        )
        return FailureEvent(
            env=env,
            error_name=ErrorName(error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]  # one is there
        )
