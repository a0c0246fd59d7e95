"""S3: objects are ours, as files; buckets and their configuration are moto's."""

from local_aws.services.s3.api import S3
from local_aws.world import World


def build(world: World) -> S3:
    """The service, ready to be served."""
    return S3(world)
