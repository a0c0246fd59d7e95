"""EMR on EC2: clusters are records with honest states, their steps run on this machine's Spark."""

from local_aws.services.emr.service import Emr
from local_aws.world import World


def build(world: World) -> Emr:
    """The service, ready to be served."""
    return Emr(world)
