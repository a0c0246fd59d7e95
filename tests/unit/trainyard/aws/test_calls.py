"""A failure says what it means."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError, ReadTimeoutError

from tests.support import LocalAwsForTests
from trainyard.aws.calls import Absent, Exists, acall, call
from trainyard.errors import AwsFailure, CallRefused, CallUnavailable, QuotaExhausted

META = SimpleNamespace(
    service_model=SimpleNamespace(service_name="sagemaker"), method_to_api_mapping={"stop_job": "StopJob"}
)


def raising(error: Exception) -> Any:
    def stop_job(**_: Any) -> None:
        raise error

    return SimpleNamespace(meta=META, stop_job=stop_job)


def client_error(code: str, message: str = "no") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "r-1", "HTTPStatusCode": 400}},
        "x",
    )


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("ThrottlingException"), CallUnavailable),
        (client_error("ResourceLimitExceeded"), QuotaExhausted),
        (client_error("ResourceInUse"), Exists),
        (client_error("ResourceNotFound"), Absent),
        (client_error("AccessDeniedException"), CallRefused),
        (ReadTimeoutError(endpoint_url="http://x"), CallUnavailable),
        (NoCredentialsError(), CallUnavailable),
        (ParamValidationError(report="Missing required parameter"), CallRefused),
    ],
)
def test_an_error_becomes_what_it_means(error: Exception, kind: type[AwsFailure]) -> None:
    with pytest.raises(AwsFailure) as caught:
        call(raising(error), "stop_job", "job-1")
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error


def test_a_failure_names_service_operation_object_and_request() -> None:
    with pytest.raises(CallRefused) as caught:
        call(raising(client_error("AccessDeniedException", "not authorized")), "stop_job", "job-1")
    assert str(caught.value).startswith(
        "sagemaker StopJob job-1: AccessDeniedException: not authorized (request id r-1)."
    )


def test_a_defect_is_not_taken_for_a_failure_of_aws() -> None:
    with pytest.raises(KeyError):
        call(raising(KeyError("x")), "stop_job", "job-1")


def test_a_lost_connection_in_the_triggerer_passes() -> None:
    async def stop_job(**_: Any) -> None:
        raise ConnectionResetError("cut")

    with pytest.raises(CallUnavailable, match="ConnectionResetError"):
        asyncio.run(acall(SimpleNamespace(meta=META, stop_job=stop_job), "stop_job", "job-1"))


def test_what_is_not_there_is_absent_whatever_the_service_calls_it(local_aws: LocalAwsForTests) -> None:
    absent: list[tuple[str, str, dict[str, Any]]] = [
        ("sagemaker", "describe_training_job", {"TrainingJobName": "nobody"}),
        ("sagemaker", "describe_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "nobody"}),
        ("sagemaker", "describe_processing_job", {"ProcessingJobName": "nobody"}),
        ("sagemaker", "describe_transform_job", {"TransformJobName": "nobody"}),
        ("sagemaker", "describe_endpoint", {"EndpointName": "nobody"}),
        ("sagemaker", "stop_training_job", {"TrainingJobName": "nobody"}),
        ("emr", "describe_cluster", {"ClusterId": "j-NOBODY"}),
        ("redshift-data", "describe_statement", {"Id": "00000000-0000-0000-0000-000000000000"}),
        ("s3", "head_object", {"Bucket": "nobody-has-this", "Key": "x"}),
        ("s3", "get_object", {"Bucket": "nobody-has-this", "Key": "x"}),
        ("logs", "describe_log_streams", {"logGroupName": "/nobody"}),
    ]
    found = {}
    for service, method, params in absent:
        try:
            call(local_aws.client(service), method, "nobody", **params)
        except AwsFailure as failure:
            found[method] = type(failure).__name__ if not isinstance(failure, Absent) else "Absent"
    assert found == {method: "Absent" for _, method, _ in absent}
