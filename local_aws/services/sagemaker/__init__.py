"""SageMaker: jobs (training, processing, tuning), hosting (models, registry, endpoints, transform) and pipelines."""

from collections.abc import Sequence
from typing import ClassVar

from local_aws.containers.environments import Environments
from local_aws.service import Service
from local_aws.services.sagemaker import hosting
from local_aws.services.sagemaker.pipelines.api import Pipelines
from local_aws.services.sagemaker.pipelines.executions import PipelineExecutions
from local_aws.services.sagemaker.pipelines.kinds import Calls
from local_aws.services.sagemaker.pipelines.store import Store
from local_aws.services.sagemaker.processing import ProcessingJobs
from local_aws.services.sagemaker.supervision import Supervisor
from local_aws.services.sagemaker.tags import Tags
from local_aws.services.sagemaker.training import TrainingJobs
from local_aws.services.sagemaker.tuning import TuningJobs
from local_aws.world import World


class SageMaker(Service):
    """The service: each part answers operations; those that run something have ``start`` and ``stop``."""

    name: ClassVar[str] = "sagemaker"

    def __init__(self, world: World) -> None:
        self._tags = tags = Tags(world)
        self._environments = Environments(world.root)
        self._supervisor = Supervisor()
        training = TrainingJobs(world, self._supervisor, self._environments, tags)
        processing = ProcessingJobs(world, self._supervisor, self._environments, tags)
        self._tuning = TuningJobs(world, training, tags)
        self._jobs = (training, processing, self._tuning)
        self._hosting = hosting.parts(world)
        store = Store(world)
        self._executions = PipelineExecutions(world, store, Calls(world, self.handlers))
        self._pipelines = (Pipelines(world, store, tags), self._executions)

    def handlers(self) -> Sequence[object]:
        """The parts."""
        return [self._tags, *self._jobs, *self._hosting, *self._pipelines]

    def start(self) -> None:
        """Take up, or settle, what an earlier local_aws left."""
        for part in (*self._jobs, *self._hosting, self._executions):
            if hasattr(part, "start"):
                part.start()

    def stop(self) -> None:
        """End jobs and endpoints. Those who wait for them are let go first: none shall take the end for a failure."""
        self._executions.stop()
        self._tuning.stop()
        self._supervisor.abandon()
        self._environments.stop()
        self._supervisor.join()
        for part in self._hosting:
            if hasattr(part, "stop"):
                part.stop()


def build(world: World) -> SageMaker:
    """The service, ready to be served."""
    return SageMaker(world)
