"""What Pipelines refuses."""

from collections.abc import Iterable

from local_aws.errors import AwsError


def invalid(message: str) -> AwsError:
    """A request that breaks a rule."""
    return AwsError("ValidationException", message)


def unparsable(message: str) -> AwsError:
    """A definition that is none."""
    return invalid(f"Unable to parse pipeline definition. {message}")


def no_pipeline(arn: str) -> AwsError:
    """A pipeline that is not there."""
    return AwsError("ResourceNotFound", f"Pipeline '{arn}' does not exist.")


def no_execution(arn: str) -> AwsError:
    """An execution that is not there."""
    return AwsError("ResourceNotFound", f"Pipeline execution '{arn}' does not exist.")


def conflict(message: str) -> AwsError:
    """A request that contradicts an earlier one, or what is under way."""
    return AwsError("ConflictException", message)


def not_here(members: Iterable[str]) -> AwsError:
    """Wishes that would silently come to nothing here are refused instead."""
    return AwsError("NotImplemented", f"local_aws does not implement {', '.join(members)} of SageMaker Pipelines", 501)
