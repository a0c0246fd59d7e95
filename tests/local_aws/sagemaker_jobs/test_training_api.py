"""The API of training jobs: what is refused and in which words, lists, tags."""

import copy
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_jobs.support import Jobs

EFS = {
    "FileSystemId": "fs-01234567890",
    "FileSystemAccessMode": "ro",
    "FileSystemType": "EFS",
    "DirectoryPath": "/data",
}


def refusal(jobs: Jobs, **changes: Any) -> str:
    """The message with which a changed request is refused; ``A.B=value`` is spelled ``A__B=value``."""
    request = copy.deepcopy(jobs.training_request(jobs.name(), "true"))
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = request
        for parent in parents:
            part = part.setdefault(parent, {})
        part[last] = value
    with pytest.raises(ClientError) as refused:
        jobs.sagemaker.create_training_job(**request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="Requested resource not found"):
        jobs.describe_training(request["TrainingJobName"])
    return refused.value.response["Error"]["Message"]


def test_a_name_is_taken_for_ever(jobs: Jobs) -> None:
    job = jobs.train("true")
    request = jobs.training_request(job["TrainingJobName"], "true")
    with pytest.raises(jobs.sagemaker.exceptions.ResourceInUse) as refused:
        jobs.sagemaker.create_training_job(**request)
    assert "Training job names must be unique within an AWS account and region" in str(refused.value)
    assert job["TrainingJobArn"] in str(refused.value)


def test_an_unknown_job_is_not_found_in_the_words_of_aws(jobs: Jobs) -> None:
    for operation in (jobs.sagemaker.describe_training_job, jobs.sagemaker.stop_training_job):
        with pytest.raises(ClientError, match=r"\(ValidationException\).*Requested resource not found\."):
            operation(TrainingJobName="never-made")


def test_stopping_a_finished_job_is_refused(jobs: Jobs) -> None:
    job = jobs.train("true")
    with pytest.raises(ClientError, match="The request was rejected because the training job is in status Completed"):
        jobs.sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:9.9-cpu-py39",
            "Cannot find the requested",
        ),
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py39", "Cannot find the requested"),
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.1-cpu-py37", "Cannot find repository"),
        ("111111111111.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311", "in registry ID: 1111111111"),
        ("docker.io/library/python:3.11", "private Docker registry"),
    ],
)
def test_an_image_that_is_not_there_is_refused_with_what_is(jobs: Jobs, image: str, words: str) -> None:
    message = refusal(jobs, AlgorithmSpecification__TrainingImage=image)
    assert words in message
    assert "local_aws serves:" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ResourceConfig__InstanceCount": 2, "EnableNetworkIsolation": True}, "EnableNetworkIsolation with Instance"),
        ({"ResourceConfig__KeepAlivePeriodInSeconds": 60}, "KeepAlivePeriodInSeconds"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role .*role/nobody"),
        ({"DebugRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}]}, "DebugRule"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        ({"StoppingCondition__MaxWaitTimeInSeconds": 7200}, "It is only supported when EnableManagedSpotTraining is"),
        (
            {"EnableManagedSpotTraining": True, "StoppingCondition__MaxWaitTimeInSeconds": 3599},
            "It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
        ({"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/checkpoints"}}, "LocalPath /checkpoints"),
        ({"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/../x"}}, "LocalPath"),
        ({"AlgorithmSpecification__MetricDefinitions": [{"Name": "a", "Regex": "("}]}, "not valid"),
        ({"ResourceConfig__InstanceType": "ml.nope"}, "enum value set"),
    ],
)
def test_what_local_aws_cannot_do_is_refused_by_name(jobs: Jobs, change: dict[str, Any], words: str) -> None:
    assert re.search(words, refusal(jobs, **change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"InputMode": "Pipe"}, "Pipe"),
        ({"CompressionType": "Gzip"}, "only in Pipe input mode"),
        ({"RecordWrapperType": "RecordIO"}, "RecordIO"),
        ({"ShuffleConfig": {"Seed": 1}}, "ShuffleConfig"),
        ({"DataSource": {"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/m"}}}, "Augmented"),
        ({"DataSource": {"FileSystemDataSource": EFS}}, "other than S3DataSource"),
    ],
)
def test_channels_that_local_aws_cannot_make_are_refused(jobs: Jobs, change: dict[str, Any], words: str) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.put("there/x", "x")}}
    channel = {"ChannelName": "train", "DataSource": source, **change}
    assert re.search(words, refusal(jobs, InputDataConfig=[channel]))


def test_two_channels_of_one_name_are_refused(jobs: Jobs) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.put("there/x", "x")}}
    channel = {"ChannelName": "train", "DataSource": source}
    assert "unique" in refusal(jobs, InputDataConfig=[channel, channel])


def test_the_description_repeats_the_request(jobs: Jobs) -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    job = jobs.train("true", VpcConfig=vpc, HyperParameters={"a": "1"}, Environment={"B": "2"})
    request = jobs.training_request(job["TrainingJobName"], "true")
    for member in ("AlgorithmSpecification", "OutputDataConfig", "ResourceConfig", "StoppingCondition", "RoleArn"):
        assert job[member] == request[member]
    assert job["VpcConfig"] == vpc
    assert job["HyperParameters"] == {"a": "1"}
    assert job["Environment"] == {"B": "2"}
    assert job["EnableManagedSpotTraining"] is False


def test_lists_filter_sort_and_page(jobs: Jobs) -> None:
    stem = jobs.name("listed")
    for index in range(3):
        request = jobs.training_request(f"{stem}-{index}", "exit 1" if index == 1 else "true")
        jobs.sagemaker.create_training_job(**request)
        jobs.ended_training(f"{stem}-{index}")
    pages = jobs.sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains=stem, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    listed = [page["TrainingJobSummaries"] for page in pages]
    assert [[job["TrainingJobName"][-1] for job in page] for page in listed] == [["0", "1"], ["2"]]
    failed = jobs.sagemaker.list_training_jobs(NameContains=stem, StatusEquals="Failed")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in failed] == [f"{stem}-1"]
    newest = jobs.sagemaker.list_training_jobs(NameContains=stem)["TrainingJobSummaries"]
    assert newest[0]["TrainingJobName"] == f"{stem}-2"


def test_tags_are_kept_changed_and_removed(jobs: Jobs) -> None:
    arn = jobs.train("true", Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}])["TrainingJobArn"]
    jobs.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "new", "Value": ""}])
    jobs.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["cost", "absent"])
    tags = jobs.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "b", "new": ""}


def test_an_operation_that_is_not_served_says_so(jobs: Jobs) -> None:
    with pytest.raises(ClientError, match="local_aws does not implement sagemaker:CreateLabelingJob") as refused:
        jobs.sagemaker.create_labeling_job(
            LabelingJobName="x",
        )
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
