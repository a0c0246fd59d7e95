"""The DAG that sweeps, in Airflow, on local_aws: what nobody owns is told, and ended when asked to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.pipeline import Pipeline, airflow
from tests.local_aws.emr.support import until
from tests.support import LocalAwsForTests
from trainyard.job import tags_of
from trainyard.names import Identity, digest_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

TAGS = {"model": "m", "partition": "2026-02-02", "dag_id": "gone", "run_id": "manual__1"}
ALIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]


@pytest.fixture(scope="module")
def sweep(local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    with airflow(local_aws, outputs, airflow_home, "sweep") as pipeline:
        yield pipeline


def name_of(task: str) -> str:
    return Identity(task, digest_of("gone", "manual__1", task, -1), 1, 0).job_name("m")


def processing(local_aws: LocalAwsForTests, outputs: dict[str, str], task: str, bucket: str) -> str:
    """A job that sleeps for ten minutes, as a task made it that is gone."""
    tags = tags_of(bucket=bucket, task_id=task, **TAGS)
    local_aws.client("sagemaker").create_processing_job(
        ProcessingJobName=name_of(task),
        RoleArn=outputs["SageMakerProcessingRoleArn"],
        AppSpecification={"ImageUri": "local/python:3.11", "ContainerEntrypoint": ["sleep", "600"]},
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
        },
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    return name_of(task)


def cluster(local_aws: LocalAwsForTests, outputs: dict[str, str]) -> str:
    tags = tags_of(bucket=outputs["BucketName"], task_id="start_cluster", **TAGS)
    group = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
    started = local_aws.client("emr").run_job_flow(
        Name=f"{name_of('start_cluster')}.0a1b2c3d",
        ReleaseLabel="emr-7.9.0",
        Applications=[{"Name": "Spark"}],
        ServiceRole=outputs["EmrServiceRoleArn"],
        JobFlowRole=outputs["EmrInstanceProfile"],
        Instances={"InstanceGroups": [group], "KeepJobFlowAliveWhenNoSteps": True},
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    return str(started["JobFlowId"])


def status(local_aws: LocalAwsForTests, job: str) -> str:
    described = local_aws.client("sagemaker").describe_processing_job(ProcessingJobName=job)
    return str(described["ProcessingJobStatus"])


def told(run: Any) -> dict[str, dict[str, Any]]:
    """What was said of the things of this module; others use the same local_aws."""
    mine = ("m-", "s3://")
    found = {item["name"]: item for item in run["sweep"]}
    return {name: item for name, item in found.items() if name.startswith(mine) and "/recommender/" not in name}


@pytest.fixture(autouse=True)
def _nothing_runs_on(local_aws: LocalAwsForTests) -> Iterator[None]:
    yield
    sagemaker = local_aws.client("sagemaker")
    for item in sagemaker.list_processing_jobs(NameContains="m-", StatusEquals="InProgress")["ProcessingJobSummaries"]:
        sagemaker.stop_processing_job(ProcessingJobName=item["ProcessingJobName"])


def test_a_sweep_tells_what_nobody_owns_and_ends_it_only_when_asked_to(
    sweep: Pipeline, local_aws: LocalAwsForTests, outputs: dict[str, str]
) -> None:
    bucket, s3 = outputs["BucketName"], local_aws.client("s3")
    ours = processing(local_aws, outputs, "ours", bucket)
    theirs = processing(local_aws, outputs, "theirs", "another-airflow")
    flow = cluster(local_aws, outputs)
    place = f"m/2026-02-02/train/{digest_of('gone', 'manual__1', 'train', -1)}-1/"
    s3.put_object(Bucket=bucket, Key=f"{place}output/model.tar.gz", Body=b"half")
    published = place.replace("/train/", "/evaluate/")
    s3.put_object(Bucket=bucket, Key=f"{published}manifest.json", Body=b"{}")

    looked = sweep.run(minutes=0, days=0)
    assert looked.state == "success", looked.log[-5000:]
    found = told(looked)
    assert found[ours]["done"] == "would be stopped"
    assert found[ours]["hourly"] == 0.23
    assert found[ours]["why"] == "the task ours of manual__1 of gone is not running"
    assert theirs not in found
    assert found[f"{name_of('start_cluster')}.0a1b2c3d"]["hourly"] == 0.24
    assert found[f"s3://{bucket}/{place}"]["bytes"] == 4
    assert f"s3://{bucket}/{published}" not in found
    assert status(local_aws, ours) == "InProgress"

    swept = sweep.run(minutes=0, days=0, stop=True, keep=100)
    assert {item["done"] for item in told(swept).values()} <= {"stopped", "deleted"}
    until(lambda: status(local_aws, ours) == "Stopped")
    assert status(local_aws, theirs) == "InProgress"
    until(lambda: flow not in json.dumps(
        [item["Id"] for item in local_aws.client("emr").list_clusters(ClusterStates=ALIVE)["Clusters"]]
    ))  # fmt: skip
    assert s3.list_objects_v2(Bucket=bucket, Prefix=place)["KeyCount"] == 0
    assert s3.list_objects_v2(Bucket=bucket, Prefix=published)["KeyCount"] == 1

    assert told(sweep.run(minutes=0, days=0)) == {}


def test_what_is_young_is_left_alone(sweep: Pipeline, local_aws: LocalAwsForTests, outputs: dict[str, str]) -> None:
    job = processing(local_aws, outputs, "young", outputs["BucketName"])
    assert told(sweep.run(stop=True, keep=100)) == {}
    assert status(local_aws, job) == "InProgress"
