import pytest

from trainyard.faults import Fault, fault_of, is_transient_reason


@pytest.mark.parametrize(
    ("code", "message", "status", "fault"),
    [
        ("ThrottlingException", "Rate exceeded", 400, Fault.UNAVAILABLE),
        ("InternalServerException", "", 500, Fault.UNAVAILABLE),
        ("WhoKnows", "", 503, Fault.UNAVAILABLE),
        ("WhoKnows", "", 429, Fault.UNAVAILABLE),
        ("ExpiredTokenException", "The security token included in the request is expired", 403, Fault.UNAVAILABLE),
        ("ResourceLimitExceeded", "The account-level service limit is 0 Instances", 400, Fault.QUOTA),
        ("ActiveStatementsExceededException", "", 400, Fault.QUOTA),
        ("ResourceInUse", "Training job names must be unique", 400, Fault.EXISTS),
        ("ValidationException", "Cannot create already existing model", 400, Fault.EXISTS),
        ("ValidationException", "Requested resource not found.", 400, Fault.ABSENT),
        ("ValidationException", 'Could not find endpoint "x".', 400, Fault.ABSENT),
        ("ResourceNotFoundException", "", 400, Fault.ABSENT),
        ("InvalidRequestException", "Cluster id 'j-1' is not valid.", 400, Fault.ABSENT),
        ("NoSuchKey", "", 404, Fault.ABSENT),
        ("404", "Not Found", 404, Fault.ABSENT),
        ("ValidationException", "1 validation error detected", 400, Fault.PERMANENT),
        ("AccessDeniedException", "not authorized to perform", 403, Fault.PERMANENT),
        ("WhoKnows", "", 400, Fault.PERMANENT),
    ],
)
def test_an_error_means_one_thing(code: str, message: str, status: int, fault: Fault) -> None:
    assert fault_of(code, message, status) is fault


@pytest.mark.parametrize(
    "reason",
    [
        "InternalServerError: We encountered an internal error.",
        "CapacityError: no ml.g5.xlarge",
        "ERROR: 1023 DETAIL: Serializable isolation violation on table - 100123, transactions forming the cycle are",
    ],
)
def test_a_reason_of_the_service_is_transient(reason: str) -> None:
    assert is_transient_reason(reason)


@pytest.mark.parametrize("reason", ["AlgorithmError: ExecuteUserScriptError", "ClientError: no S3 objects found", ""])
def test_a_reason_of_ours_is_not(reason: str) -> None:
    assert not is_transient_reason(reason)
