"""SageMaker: jobs (training, processing, tuning) and hosting (models, registry, endpoints, transform)."""

from collections.abc import Sequence
from typing import ClassVar

from local_aws.containers.environments import Environments
from local_aws.service import Service
from local_aws.services.sagemaker import hosting
from local_aws.services.sagemaker.processing import ProcessingJobs
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.tags import Tags
from local_aws.services.sagemaker.training import TrainingJobs
from local_aws.services.sagemaker.tuning import TuningJobs
from local_aws.world import World


class SageMaker(Service):
    """The service: each part answers operations; one with ``start`` and ``stop`` is told of both."""

    name: ClassVar[str] = "sagemaker"

    def __init__(self, world: World) -> None:
        tags, slots = Tags(world), Slots()
        self._environments = Environments(world.root)
        training = TrainingJobs(world, slots, self._environments, tags)
        processing = ProcessingJobs(world, slots, self._environments, tags)
        tuning = TuningJobs(world, training, tags)
        self._parts = [tags, training, processing, tuning, *hosting.parts(world)]

    def handlers(self) -> Sequence[object]:
        """The parts."""
        return self._parts

    def start(self) -> None:
        """Take up, or settle, what an earlier local_aws left."""
        for part in self._parts:
            if hasattr(part, "start"):
                part.start()

    def stop(self) -> None:
        """End every job and endpoint."""
        self._environments.stop()
        for part in reversed(self._parts):
            if hasattr(part, "stop"):
                part.stop()


def build(world: World) -> SageMaker:
    """The service, ready to be served."""
    return SageMaker(world)
