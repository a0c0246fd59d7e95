"""Hosting: models, the registry, endpoints and batch transform, put together."""

import shutil
from functools import cache

from local_aws.containers.environments import Environments
from local_aws.containers.serving import folder_of_containers
from local_aws.services.sagemaker.endpoint_configs import EndpointConfigs
from local_aws.services.sagemaker.endpoints import Endpoints
from local_aws.services.sagemaker.model_package_groups import ModelPackageGroups
from local_aws.services.sagemaker.models import Models
from local_aws.services.sagemaker.registry import ModelPackages
from local_aws.services.sagemaker.transform import TransformJobs
from local_aws.world import World


class Hosting:
    """Everything that serves models in one account: the API of SageMaker and its runtime share it."""

    def __init__(self, world: World) -> None:
        # What a killed local_aws left; its processes are ended by now, and nothing of ours runs yet.
        shutil.rmtree(folder_of_containers(world), ignore_errors=True)
        environments = Environments(world.root)
        self.endpoints = Endpoints(world, environments)
        self.parts: list[object] = [
            Models(world),
            ModelPackageGroups(world),
            ModelPackages(world),
            EndpointConfigs(world),
            self.endpoints,
            TransformJobs(world, environments),
        ]


@cache
def hosting_of(world: World) -> Hosting:
    """The hosting of an account, made when it is first asked for."""
    return Hosting(world)


def parts(world: World) -> list[object]:
    """The objects whose methods answer SageMaker's calls about hosting; some have ``start`` and ``stop``."""
    return hosting_of(world).parts
