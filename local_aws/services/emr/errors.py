"""What EMR refuses, in its own words. It says "job flow" in the calls of its first years and "cluster" since."""

from local_aws.errors import AwsError

NOT_MODIFIABLE = "A job flow that is shutting down, terminated, or finished may not be modified."
PROTECTED = "Could not shut down one or more job flows since they are termination protected."
TOO_MANY_STEPS = (
    "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded."
)


def validation(message: str) -> AwsError:
    """The refusal of EMR's older operations, and of impossible combinations of parameters."""
    return AwsError("ValidationException", message)


def invalid_request(message: str) -> AwsError:
    """The refusal of EMR's newer operations."""
    return AwsError("InvalidRequestException", message)


def no_such_cluster(cluster_id: str) -> AwsError:
    """As DescribeCluster and its kin say it."""
    return invalid_request(f"Cluster id '{cluster_id}' is not valid.")


def no_such_job_flow() -> AwsError:
    """As RunJobFlow's kin (AddJobFlowSteps, TerminateJobFlows, ...) say it."""
    return validation("Specified job flow ID not valid.")


def no_such_step(step_id: str) -> AwsError:
    """As DescribeStep and ListSteps say it."""
    return invalid_request(f"Step id '{step_id}' is not valid.")


def not_here(what: str) -> AwsError:
    """A wish that would silently come to nothing here is refused instead."""
    return AwsError("NotImplemented", f"local_aws does not implement {what} of EMR clusters", 501)
