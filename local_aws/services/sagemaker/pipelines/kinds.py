"""What each type of step does: which of SageMaker's operations it calls, and where their answers say what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from local_aws.service import Call
from local_aws.validation import validate
from local_aws.wire import Codec, handler_name
from local_aws.world import World

#: The service's handlers, asked when a step runs.
Handlers = Callable[[], Sequence[object]]


@dataclass(frozen=True)
class StepKind:
    """A type of step that makes something with a name of its own.

    Attributes:
        stem: as in ``CreateTrainingJob`` and ``TrainingJobName``.
        metadata: where ListPipelineExecutionSteps tells its ARN.
        is_job: whether it runs for a while, and can be stopped.
        limit: how long its name may be.
        named: whether its arguments hold its name; else one is made up for it, as Pipelines does.
    """

    stem: str
    metadata: str
    is_job: bool = True
    limit: int = 63
    named: bool = False

    @property
    def name(self) -> str:
        """The member that holds the name."""
        return f"{self.stem}Name"

    @property
    def arn(self) -> str:
        """The member that holds the ARN."""
        return f"{self.stem}Arn"

    @property
    def status(self) -> str:
        """The member that holds the status of a job."""
        return f"{self.stem}Status"


KINDS: Mapping[str, StepKind] = {
    "Training": StepKind("TrainingJob", "TrainingJob"),
    "Processing": StepKind("ProcessingJob", "ProcessingJob"),
    "Transform": StepKind("TransformJob", "TransformJob"),
    "Tuning": StepKind("HyperParameterTuningJob", "TuningJob", limit=32),
    "Model": StepKind("Model", "Model", is_job=False),
    "RegisterModel": StepKind("ModelPackage", "RegisterModel", is_job=False),
    "EndpointConfig": StepKind("EndpointConfig", "EndpointConfig", is_job=False, named=True),
    "Endpoint": StepKind("Endpoint", "Endpoint", named=True),
}


class Calls:
    """SageMaker's operations as a pipeline calls them: checked by the service model, answered by the same handlers."""

    def __init__(self, world: World, handlers: Handlers) -> None:
        self._world, self._handlers = world, handlers
        self._model = Codec("sagemaker").model

    def __call__(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Answer one call.

        :raises AwsError: as the operation does.
        """
        validate(self._model.operation_model(operation).input_shape, params)
        call = Call("sagemaker", operation, params, self._world.region, "pipelines", Request({}))
        name = handler_name(operation)
        handler = next(found for part in self._handlers() if (found := getattr(part, name, None)))
        answer: dict[str, Any] | None = handler(call)
        return answer or {}
