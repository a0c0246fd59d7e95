"""SageMaker Runtime: invocations of endpoints."""

from local_aws.services.sagemaker_runtime.api import SageMakerRuntime
from local_aws.world import World


def build(world: World) -> SageMakerRuntime:
    """The service, ready to be served."""
    return SageMakerRuntime(world)
