"""EMR Serverless: applications are records with honest states, their job runs are programs of this machine's Spark."""

from local_aws.services.emr_serverless.service import EmrServerless
from local_aws.world import World


def build(world: World) -> EmrServerless:
    """The service, ready to be served."""
    return EmrServerless(world)
