"""What EMR Serverless refuses, in its own words."""

from collections.abc import Iterable

from local_aws.errors import AwsError


def validation(message: str) -> AwsError:
    """A request that breaks a rule."""
    return AwsError("ValidationException", message)


def no_application(application_id: str) -> AwsError:
    """An application that is not there."""
    return AwsError("ResourceNotFoundException", f"Application {application_id} does not exist")


def no_run(run_id: str) -> AwsError:
    """A job run that is not there."""
    return AwsError("ResourceNotFoundException", f"JobRun {run_id} does not exist")


def conflict(token: str) -> AwsError:
    """A client token that came with another request before."""
    return AwsError("ConflictException", f"The client token {token} was used before, with parameters other than these.")


def wrong_state(application_id: str, allowed: Iterable[str], state: str) -> AwsError:
    """A call that an application in this state does not take."""
    return validation(
        f"Application {application_id} must be in one of the following statuses [{', '.join(allowed)}]. "
        f"Current status: {state}"
    )


def not_here(members: Iterable[str]) -> AwsError:
    """Wishes that would silently come to nothing here are refused instead."""
    return AwsError("NotImplemented", f"local_aws does not implement {', '.join(members)} of EMR Serverless", 501)


def denied(message: str) -> AwsError:
    """A request for what its caller may not do."""
    return AwsError("AccessDeniedException", message, 403)
