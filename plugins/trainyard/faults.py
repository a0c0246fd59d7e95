"""Which failures of AWS pass by themselves, and which do not.

Sources: the error lists of botocore's retry modes, the services' API references, and the failures their users report.
What is not listed here is permanent: an unknown error shown at once is better than one waited out for hours.
"""

from __future__ import annotations

import re
from enum import Enum


class Fault(Enum):
    """What an error of AWS means to the caller."""

    ABSENT = "absent"  # the object is not there
    EXISTS = "exists"  # an object of that name is there already
    UNAVAILABLE = "unavailable"  # throttled, server error, credentials expired: try again
    QUOTA = "quota"  # no capacity or quota now: wait
    PERMANENT = "permanent"


_ABSENT = frozenset(
    {
        "ResourceNotFound", "ResourceNotFoundException", "NoSuchKey", "NoSuchBucket", "404", "NotFound",
        "ExecutionDoesNotExist",
    }
)  # fmt: skip
_ABSENT_WORDING = re.compile(r"not found|could not find|does not exist|cluster id .* is not valid", re.IGNORECASE)
_EXISTS = frozenset(
    {
        "ResourceInUse",
        "ResourceInUseException",
        "ExecutionAlreadyExists",
        "PreconditionFailed",
        "ConditionalRequestConflict",  # S3's conditions
    }
)
_EXISTS_WORDING = re.compile(r"already exist", re.IGNORECASE)
_VALIDATION = frozenset({"ValidationException", "ValidationError", "InvalidRequestException"})
_UNAVAILABLE = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "InternalError", "InternalFailure", "InternalServerError", "InternalServerException", "ServiceUnavailable",
        "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException", "TransactionInProgressException",
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId",
        "UnrecognizedClientException",
        "DatabaseConnectionException", "500", "502", "503", "504",
    }
)  # fmt: skip
_QUOTA = frozenset(
    {
        "ResourceLimitExceeded", "LimitExceededException", "ServiceQuotaExceededException", "CapacityError",
        "InsufficientInstanceCapacity", "InsufficientCapacityException", "ActiveStatementsExceededException",
        "ActiveSessionsExceededException", "InstanceLimitExceeded", "ExecutionLimitExceeded",
    }
)  # fmt: skip
_TRANSIENT_REASON = re.compile(
    r"InternalServerError|internal error|CapacityError|insufficient capacity|InsufficientInstanceCapacity|"
    r"unable to provision|Spot .*interrupt|ThrottlingException|instance failure|"
    r"Serializable isolation violation|deadlock detected",  # Redshift: another transaction wrote the same table
    re.IGNORECASE,
)


def fault_of(code: str, message: str, status: int = 0) -> Fault:
    """Say what an error means, from its code, its message and the HTTP status of the reply."""
    if code in _ABSENT or (code in _VALIDATION and _ABSENT_WORDING.search(message)):
        return Fault.ABSENT
    if code in _EXISTS or (code in _VALIDATION and _EXISTS_WORDING.search(message)):
        return Fault.EXISTS
    if code in _QUOTA:
        return Fault.QUOTA
    if code in _UNAVAILABLE or status >= 500 or status == 429:
        return Fault.UNAVAILABLE
    return Fault.PERMANENT


def is_transient_reason(reason: str) -> bool:
    """Say whether a job's failure reason speaks of the service rather than of our code or data."""
    return bool(_TRANSIENT_REASON.search(reason))
