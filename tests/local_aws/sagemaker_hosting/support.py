"""Words of the tests of hosting: models that are made in one line, endpoints that are waited for."""

import io
import json
import tarfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import LocalAwsForTests

IMAGE = "local/python:3.11"
BUCKET = "hosting-tests"
ROLE = "arn:aws:iam::123456789012:role/hosting"
SERVE = Path(__file__).parent / "serve.py"
#: More than anything here takes; reached only when something hangs.
PATIENCE = 120.0


def archive(files: dict[str, bytes]) -> bytes:
    """A model.tar.gz of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def until(condition: Callable[[], Any]) -> Any:
    """Wait for a condition; its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return value


class Hosting:
    """SageMaker's hosting of one local_aws, as a test uses it."""

    def __init__(self, local_aws: LocalAwsForTests) -> None:
        self.local_aws = local_aws
        self.s3 = local_aws.client("s3")
        self.sagemaker = local_aws.client("sagemaker")
        self.runtime = local_aws.client("sagemaker-runtime")
        self.logs = local_aws.client("logs")
        self.s3.create_bucket(Bucket=BUCKET)

    def name(self, stem: str) -> str:
        """A name that no other test uses."""
        return f"{stem}-{uuid.uuid4().hex[:8]}"

    def put(self, key: str, content: bytes) -> str:
        """An object; its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"

    def model_data(self, **model: Any) -> str:
        """A model.tar.gz with the tests' server; its URI."""
        described = json.dumps({"version": "1", **model}).encode()
        return self.put(
            f"{self.name('models')}/model.tar.gz",
            archive({"model.json": described, "code/serve": SERVE.read_bytes()}),
        )

    def model(self, environment: dict[str, str] | None = None, **model: Any) -> str:
        """A model; its name."""
        name = self.name("model")
        container = {"Image": IMAGE, "ModelDataUrl": self.model_data(**model), "Environment": environment or {}}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        return name

    def config(self, *models: str, weights: tuple[float, ...] = (), count: int = 1, **extra: Any) -> str:
        """An endpoint configuration with the variants A, B...; its name."""
        name = self.name("config")
        variants = [
            {
                "VariantName": chr(ord("A") + index),
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": count,
                "InitialVariantWeight": weights[index] if weights else 1.0,
            }
            for index, model in enumerate(models)
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **extra)
        return name

    def endpoint(self, config: str) -> str:
        """An endpoint in service; its name."""
        name = self.name("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def settled(self, name: str) -> dict[str, Any]:
        """The endpoint once nothing is being done with it any more."""
        busy = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")

        def described() -> dict[str, Any] | None:
            endpoint = self.sagemaker.describe_endpoint(EndpointName=name)
            return None if endpoint["EndpointStatus"] in busy else endpoint

        return dict(until(described))

    def invoke(self, name: str, body: bytes = b"x", **params: Any) -> dict[str, Any]:
        """The model's answer, from JSON."""
        answer = self.runtime.invoke_endpoint(EndpointName=name, Body=body, **params)
        return dict(json.loads(answer["Body"].read()))

    def delete(self, name: str) -> None:
        """End an endpoint, and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=name)
        until(lambda: name not in [each["EndpointName"] for each in self.sagemaker.list_endpoints()["Endpoints"]])

    def log_lines(self, group: str, stream_prefix: str = "") -> list[str]:
        """What was written to a log group."""
        named = {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
        streams = self.logs.describe_log_streams(logGroupName=group, **named)["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
