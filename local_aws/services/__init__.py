"""The services that execute, one package each; everything else is moto's."""

from collections.abc import Callable

from local_aws.service import Service
from local_aws.services import emr, emr_serverless, logs, redshift_data, s3, sagemaker, sagemaker_runtime
from local_aws.world import World

BUILDERS: tuple[Callable[[World], Service], ...] = (
    s3.build,
    logs.build,
    sagemaker.build,
    sagemaker_runtime.build,
    emr.build,
    emr_serverless.build,
    redshift_data.build,
)


def build_all(world: World) -> list[Service]:
    """Every executing service of one account, not yet started."""
    return [build(world) for build in BUILDERS]
