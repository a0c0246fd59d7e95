"""Endpoints and jobs across a restart of local_aws."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from local_aws.application import LocalAws
from tests.local_aws.sagemaker_hosting.support import BUCKET, Hosting, until
from tests.support import LocalAwsForTests


@pytest.fixture(autouse=True)
def _shared_environments(local_aws: LocalAwsForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each local_aws of these tests has a folder of its own; the images' environments need not be made again."""
    if "LOCAL_AWS_ENVIRONMENTS" not in os.environ:
        monkeypatch.setenv("LOCAL_AWS_ENVIRONMENTS", str(local_aws.root / "environments"))


def test_endpoints_come_back_after_a_restart_and_an_interrupted_update_is_undone(local_aws_folder: Path) -> None:
    server = LocalAws(local_aws_folder, port=0)
    before = Hosting(LocalAwsForTests(server))
    old = before.config(before.model(version="old"))
    steady, updating = before.endpoint(old), before.endpoint(old)
    slow = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 600}
    before.sagemaker.update_endpoint(
        EndpointName=updating,
        EndpointConfigName=before.config(before.model(version="new")),
        DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": slow}},
    )
    before.sagemaker.delete_endpoint_config(EndpointConfigName=old)
    server.stop()

    server = LocalAws(local_aws_folder, port=0)
    try:
        after = Hosting(LocalAwsForTests(server))
        assert after.settled(steady)["EndpointStatus"] == "InService"
        assert "FailureReason" not in after.settled(steady)
        assert after.invoke(steady)["version"] == "old"
        described = after.settled(updating)
        assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", old)
        assert "was under way when local_aws ended" in described["FailureReason"]
        assert after.invoke(updating)["version"] == "old"
    finally:
        server.stop()
    assert list((local_aws_folder / "serving").iterdir()) == []


def test_what_a_killed_local_aws_left_is_cleared_away(local_aws_folder: Path) -> None:
    argv = [sys.executable, "-m", "local_aws", "--port", "0", "--state", str(local_aws_folder)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as killed:
        assert killed.stderr is not None
        said = next(line for line in killed.stderr if "serves http" in line)
        url = said.partition("serves ")[2].partition(",")[0]
        before = Hosting(LocalAwsForTests(cast("LocalAws", SimpleNamespace(root=local_aws_folder, endpoint_url=url))))
        name = before.endpoint(before.config(before.model()))
        [leftover] = (local_aws_folder / "serving").iterdir()
        killed.kill()

    server = LocalAws(local_aws_folder, port=0)
    try:
        after = Hosting(LocalAwsForTests(server))
        assert after.settled(name)["EndpointStatus"] == "InService"
        assert after.invoke(name)["version"] == "1"
        assert not leftover.exists()
    finally:
        server.stop()


def test_a_transform_job_that_ran_when_local_aws_ended_is_taken_up(local_aws_folder: Path) -> None:
    server = LocalAws(local_aws_folder, port=0)
    before = Hosting(LocalAwsForTests(server))
    source = before.put("held/input.txt", b"slow\n")
    before.sagemaker.create_transform_job(
        TransformJobName="held",
        ModelName=before.model(),
        TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/held-out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    server.stop()

    server = LocalAws(local_aws_folder, port=0)
    try:
        after = Hosting(LocalAwsForTests(server))
        assert after.sagemaker.describe_transform_job(TransformJobName="held")["TransformJobStatus"] == "InProgress"
        after.sagemaker.stop_transform_job(TransformJobName="held")
        until(
            lambda: after.sagemaker.describe_transform_job(TransformJobName="held")["TransformJobStatus"] == "Stopped"
        )
    finally:
        server.stop()
