"""CloudWatch Logs: the streams of jobs come from their files, all other groups are moto's."""

from local_aws.services.logs.api import Logs
from local_aws.world import World


def build(world: World) -> Logs:
    """The service, ready to be served."""
    return Logs(world)
