"""Processing jobs."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_jobs.support import ENDED, PYTHON, Jobs, Record, eventually

GROUP = "/aws/sagemaker/ProcessingJobs"
OUT = "/opt/ml/processing/output"


def processing_request(jobs: Jobs, name: str, command: str, **more: Any) -> Record:
    return {
        "ProcessingJobName": name,
        "RoleArn": jobs.role,
        "AppSpecification": {"ImageUri": PYTHON, "ContainerEntrypoint": ["sh", "-c", command]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        **more,
    }


def s3_input(uri: str, path: str, kind: str = "S3Prefix") -> Record:
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": kind, "S3InputMode": "File"}
    return {"InputName": path.rpartition("/")[2], "S3Input": source}


def s3_output(uri: str, mode: str = "EndOfJob") -> Record:
    return {"OutputName": "out", "S3Output": {"S3Uri": uri, "LocalPath": OUT, "S3UploadMode": mode}}


def ended(jobs: Jobs, name: str) -> Record:
    def at_its_end() -> Record | None:
        job = jobs.sagemaker.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] in ENDED else None

    return eventually(at_its_end)


def process(jobs: Jobs, command: str, **more: Any) -> Record:
    name = jobs.name("processing")
    jobs.sagemaker.create_processing_job(**processing_request(jobs, name, command, **more))
    return ended(jobs, name)


def test_inputs_become_folders_and_outputs_objects(jobs: Jobs) -> None:
    jobs.put("in/a/1", "one")
    jobs.put("in/code.sh", "cat /opt/ml/processing/a/1 > $1/copied; mkdir $1/deep; echo $MINE > $1/deep/mine")
    key = jobs.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    job = process(
        jobs,
        f"sh /opt/ml/processing/code/code.sh {OUT}",
        ProcessingInputs=[
            s3_input(jobs.uri("in/a/"), "/opt/ml/processing/a"),
            s3_input(jobs.uri("in/code.sh"), "/opt/ml/processing/code"),
        ],
        ProcessingOutputConfig={"Outputs": [s3_output(jobs.uri("processed"))], "KmsKeyId": key},
        Environment={"MINE": "mine"},
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    assert jobs.read("processed/copied") == b"one"
    assert jobs.read("processed/deep/mine") == b"mine\n"
    assert jobs.s3.head_object(Bucket=jobs.bucket, Key="processed/copied")["SSEKMSKeyId"] == key
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]


def test_the_container_finds_its_configuration(jobs: Jobs) -> None:
    job = process(jobs, "cd /opt/ml/config; cat processingjobconfig.json; echo; cat resourceconfig.json")
    first, second = jobs.lines(GROUP, job["ProcessingJobName"])
    assert json.loads(first)["ProcessingJobName"] == job["ProcessingJobName"]
    assert json.loads(second) == {"current_host": "algo-1", "hosts": ["algo-1"]}


def test_a_failing_job_tells_its_message_and_uploads_nothing(jobs: Jobs) -> None:
    job = process(
        jobs,
        f"echo part > {OUT}/part; printf 'no rows' > /opt/ml/output/message; exit 2",
        ProcessingOutputConfig={"Outputs": [s3_output(jobs.uri("unwanted"))]},
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 2"
    assert job["ExitMessage"] == "no rows"
    assert jobs.keys("unwanted") == []


def test_continuous_outputs_are_there_while_the_job_runs(jobs: Jobs) -> None:
    name = jobs.name("processing")
    output = {"Outputs": [s3_output(jobs.uri("continuous"), "Continuous")]}
    command = f"echo early > {OUT}/early; sleep 300"
    request = processing_request(jobs, name, command, ProcessingOutputConfig=output)
    jobs.sagemaker.create_processing_job(**request)
    eventually(lambda: jobs.keys("continuous/") == ["early"])
    jobs.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert ended(jobs, name)["ProcessingJobStatus"] == "Stopped"


def test_missing_input_fails_the_job_with_the_place(jobs: Jobs) -> None:
    job = process(jobs, "true", ProcessingInputs=[s3_input(jobs.uri("not/there"), "/opt/ml/processing/x")])
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Failed to download data.")
    assert "not/there" in job["FailureReason"]


def test_an_upload_that_fails_fails_the_job(jobs: Jobs) -> None:
    job = process(
        jobs, f"echo x > {OUT}/x", ProcessingOutputConfig={"Outputs": [s3_output("s3://no-such-bucket-anywhere/x")]}
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert "NoSuchBucket" in job["FailureReason"]


def test_a_job_that_runs_too_long_is_stopped(jobs: Jobs) -> None:
    job = process(jobs, "sleep 60", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds" in job["FailureReason"]


def test_names_are_unique_and_unknown_ones_not_found(jobs: Jobs) -> None:
    job = process(jobs, "true")
    name = job["ProcessingJobName"]
    with pytest.raises(jobs.sagemaker.exceptions.ResourceInUse, match="Job name must be unique"):
        jobs.sagemaker.create_processing_job(**processing_request(jobs, name, "true"))
    with pytest.raises(ClientError, match="status Completed"):
        jobs.sagemaker.stop_processing_job(ProcessingJobName=name)
    with pytest.raises(ClientError, match=r"\(ValidationException\).*Could not find requested job with name: nobody"):
        jobs.sagemaker.describe_processing_job(ProcessingJobName="nobody")
    listed = jobs.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert [item["ProcessingJobStatus"] for item in listed] == ["Completed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ProcessingInputs": [s3_input("s3://b/k", "/data")]}, "LocalPath /data"),
        ({"ProcessingInputs": [{"InputName": "x", "DatasetDefinition": {"LocalPath": "/opt/ml/x"}}]}, "DatasetDef"),
        ({"AppSpecification": {"ImageUri": PYTHON}}, "no entrypoint"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role"),
    ],
)
def test_what_local_aws_cannot_do_is_refused_by_name(jobs: Jobs, change: Record, words: str) -> None:
    request = {**processing_request(jobs, jobs.name(), "true"), **change}
    with pytest.raises(ClientError, match=words):
        jobs.sagemaker.create_processing_job(**request)
