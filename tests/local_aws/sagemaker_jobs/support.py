"""A bucket, a role, and short words for making jobs and waiting for their end."""

import io
import json
import tarfile
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psutil

from tests.support import LocalAwsForTests

PYTHON = "local/python:3.11"
ENDED = ("Completed", "Failed", "Stopped")
Record = dict[str, Any]


def eventually(condition: Callable[[], Any], seconds: float = 120) -> Any:
    """The condition's value as soon as it is true; the test fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.05)
    return value


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie that its parent only has to fetch."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Jobs:
    """One local_aws as a person with jobs to run sees it."""

    def __init__(self, local_aws: LocalAwsForTests) -> None:
        self.aws = local_aws
        self.sagemaker = local_aws.client("sagemaker")
        self.s3 = local_aws.client("s3")
        self.logs = local_aws.client("logs")
        self.bucket = f"jobs-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = local_aws.client("iam").create_role(
            RoleName=f"jobs-{self.bucket}", AssumeRolePolicyDocument=json.dumps(trust)
        )
        self.role: str = role["Role"]["Arn"]

    def name(self, stem: str = "job") -> str:
        """A name no other job has."""
        return f"{stem}-{uuid.uuid4().hex[:8]}"

    def uri(self, key: str) -> str:
        """The URI of a key in the bucket."""
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, body: str | bytes) -> str:
        """Put an object; returns its URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.uri(key)

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix, without it."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [item["Key"].removeprefix(prefix) for item in found]

    def tar(self, key: str) -> dict[str, str]:
        """Names and contents of the files in a tar.gz."""
        with tarfile.open(fileobj=io.BytesIO(self.read(key))) as tar:
            members = [member for member in tar.getmembers() if member.isfile()]
            return {member.name: tar.extractfile(member).read().decode() for member in members}  # type: ignore[union-attr]  # files only

    def source(self, files: dict[str, str]) -> str:
        """Upload a sourcedir.tar.gz; returns its URI."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
        return self.put(f"code/{uuid.uuid4().hex}/sourcedir.tar.gz", packed.getvalue())

    def training_request(self, name: str, command: str, **more: Any) -> Record:
        """A training job whose container runs a shell command."""
        return {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": PYTHON,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["sh", "-c", command],
            },
            "OutputDataConfig": {"S3OutputPath": self.uri("output/")},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            **more,
        }

    def script_request(self, name: str, files: dict[str, str], program: str, **more: Any) -> Record:
        """A training job in script mode on the plain image."""
        hyperparameters = {
            "sagemaker_program": json.dumps(program),
            "sagemaker_submit_directory": json.dumps(self.source(files)),
            "sagemaker_region": '"us-east-1"',
            "sagemaker_job_name": json.dumps(name),
            **more.pop("HyperParameters", {}),
        }
        request = self.training_request(name, "", HyperParameters=hyperparameters, **more)
        del request["AlgorithmSpecification"]["ContainerEntrypoint"]
        return request

    def train(self, command: str, **more: Any) -> Record:
        """Run a training job to its end; returns its description."""
        name = self.name()
        self.sagemaker.create_training_job(**self.training_request(name, command, **more))
        return self.ended_training(name)

    def describe_training(self, name: str) -> Record:
        """DescribeTrainingJob."""
        answer = self.sagemaker.describe_training_job(TrainingJobName=name)
        return {member: value for member, value in answer.items() if member != "ResponseMetadata"}

    def ended_training(self, name: str) -> Record:
        """The description of a training job at its end."""

        def at_its_end() -> Record | None:
            job = self.describe_training(name)
            return job if job["TrainingJobStatus"] in ENDED else None

        return eventually(at_its_end)

    def running_training(self, name: str) -> Record:
        """The description of a training job once its log has the line ``ready``."""

        def runs() -> bool:
            return "ready" in self.lines("/aws/sagemaker/TrainingJobs", name)

        eventually(runs)
        return self.describe_training(name)

    def lines(self, group: str, job: str, host: str = "") -> list[str]:
        """The lines of a job's log, of all hosts or of one; none while it has none."""
        prefix = f"{job}/{host}-" if host else f"{job}/"
        try:
            streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        events = [
            self.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            for stream in streams
        ]
        return [event["message"] for found in events for event in found["events"]]
