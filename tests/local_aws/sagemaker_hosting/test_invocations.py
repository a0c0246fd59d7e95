"""InvokeEndpoint: what goes to the model, what comes back, and how it fails."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_aws.services.sagemaker_runtime import api
from tests.local_aws.sagemaker_hosting.support import BUCKET, Hosting, until


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    """An endpoint that captures what it is asked."""
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured/",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    return hosting.endpoint(hosting.config(hosting.model(), DataCaptureConfig=capture))


def test_headers_go_to_the_model_and_come_back(hosting: Hosting, endpoint: str) -> None:
    answer = hosting.runtime.invoke_endpoint(
        EndpointName=endpoint,
        Body=b"{}",
        ContentType="application/json",
        Accept="application/jsonlines",
        CustomAttributes="trace=7",
    )
    seen = json.loads(answer["Body"].read())
    assert (seen["content_type"], seen["accept"], seen["custom"]) == (
        "application/json",
        "application/jsonlines",
        "trace=7",
    )
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "A"
    assert answer["CustomAttributes"] == "by-1"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [(b"boom", 500, "the model broke"), (b"teapot", 418, "I am a teapot")],
)
def test_what_the_model_says_against_it_comes_back_as_a_model_error(
    hosting: Hosting, endpoint: str, body: bytes, status: int, words: str
) -> None:
    with pytest.raises(hosting.runtime.exceptions.ModelError) as refused:
        hosting.invoke(endpoint, body)
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == status
    assert response["OriginalMessage"] == words
    assert response["LogStreamArn"].endswith(f"log-group:/aws/sagemaker/Endpoints/{endpoint}")
    side = "client" if status < 500 else "server"
    assert response["Error"]["Message"].startswith(
        f'Received {side} error ({status}) from primary with message "{words}"'
    )


def test_a_model_that_takes_too_long_is_a_model_error(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(api, "MODEL_SECONDS", 0.5)
    name = hosting.endpoint(hosting.config(hosting.model({"HOLD_UNTIL": str(tmp_path / "go")})))
    with pytest.raises(hosting.runtime.exceptions.ModelError, match="Your invocation timed out") as refused:
        hosting.invoke(name, b"slow")
    assert refused.value.response["OriginalStatusCode"] == 0
    (tmp_path / "go").touch()
    assert hosting.invoke(name)["version"] == "1"
    hosting.delete(name)


def test_an_unknown_endpoint_is_not_found(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match="Endpoint nobody of account 123456789012 not found") as missing:
        hosting.invoke("nobody")
    assert missing.value.response["Error"]["Code"] == "ValidationError"


def test_a_body_over_six_megabytes_is_refused(hosting: Hosting, endpoint: str) -> None:
    largest = 6 * 2**20
    assert len(hosting.invoke(endpoint, b"x" * largest)["body"]) == largest
    with pytest.raises(ClientError, match="less than or equal to 6291456") as refused:
        hosting.invoke(endpoint, b"x" * (largest + 1))
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_what_is_not_served_is_refused_by_name(hosting: Hosting, endpoint: str) -> None:
    with pytest.raises(ClientError, match="TargetModel") as refused:
        hosting.invoke(endpoint, TargetModel="a.tar.gz")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="InvokeEndpointAsync") as refused:
        hosting.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation=f"s3://{BUCKET}/in")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_requests_and_answers_are_captured_as_json_lines(hosting: Hosting, endpoint: str) -> None:
    hosting.invoke(endpoint, b'{"capture": "me"}', ContentType="application/json", InferenceId="request-1")

    def captured() -> list[dict]:
        listed = hosting.s3.list_objects_v2(
            Bucket=BUCKET, Prefix=f"captured/{endpoint}/A/{datetime.now(UTC):%Y/%m/%d}/"
        )
        objects = [hosting.s3.get_object(Bucket=BUCKET, Key=each["Key"]) for each in listed.get("Contents", [])]
        lines = [json.loads(line) for each in objects for line in each["Body"].read().splitlines()]
        return [line for line in lines if line["eventMetadata"].get("inferenceId") == "request-1"]

    [record] = until(captured)
    data = record["captureData"]
    assert record["eventVersion"] == "0"
    assert data["endpointInput"] == {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": '{"capture": "me"}',
        "encoding": "JSON",
    }
    assert json.loads(data["endpointOutput"]["data"])["version"] == "1"
    described = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["DataCaptureConfig"]
    assert (described["EnableCapture"], described["CaptureStatus"]) == (True, "Started")


def test_invocations_are_counted_in_cloudwatch(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(hosting.model()))
    for _ in range(3):
        hosting.invoke(name)
    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.invoke(name, b"boom")
    cloudwatch = hosting.local_aws.client("cloudwatch")

    def total(metric: str) -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "A"}],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(hours=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    until(lambda: total("Invocations") == 4.0)
    assert total("Invocation5XXErrors") == 1.0
    assert total("Invocation4XXErrors") == 0.0
    assert total("ModelLatency") > 0.0
    hosting.delete(name)
