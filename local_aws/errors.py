"""The two ways a handler ends other than with a result.

AwsError    the service refuses; the client sees the code, message and status that AWS would send
Declined    the call is not ours after all; moto, standing behind, answers it
"""

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):
    """An error as AWS words it, e.g. ``AwsError("ResourceInUse", "Training job names must be unique.")``.

    :param code: AWS's error code; boto3 makes the exception class of that name from it.
    :param message: AWS's sentence, as far as it is known, since callers match on it.
    :param status: the HTTP status; None takes the one of the service model, else 400.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Declined(Exception):
    """Raised by a handler that leaves this one call to moto."""
