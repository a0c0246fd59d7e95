"""Model package groups and packages: versions, approval, what is deployed from them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_hosting.support import BUCKET, IMAGE, ROLE, Hosting


@pytest.fixture
def group(hosting: Hosting) -> str:
    """An empty group."""
    name = hosting.name("Group")
    hosting.sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="a group")
    return name


def register(hosting: Hosting, group: str, **params: Any) -> str:
    """Register a version; its ARN."""
    containers = [{"Image": IMAGE, "ModelDataUrl": hosting.model_data()}]
    specification = {
        "Containers": containers,
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    return str(
        hosting.sagemaker.create_model_package(
            ModelPackageGroupName=group, InferenceSpecification=specification, **params
        )["ModelPackageArn"]
    )


def test_a_second_group_is_refused_as_the_airflow_operator_expects(hosting: Hosting, group: str) -> None:
    with pytest.raises(ClientError) as refused:
        hosting.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("Model Package Group already exists")


def test_versions_count_up_and_a_number_is_never_used_again(hosting: Hosting, group: str) -> None:
    arns = [register(hosting, group) for _ in range(2)]
    assert [arn.rpartition("/")[2] for arn in arns] == ["1", "2"]
    hosting.sagemaker.delete_model_package(ModelPackageName=arns[1])
    assert register(hosting, group).rpartition("/")[2] == "3"


def test_a_repeated_client_token_registers_once(hosting: Hosting, group: str) -> None:
    params = {"ModelPackageGroupName": group, "ModelPackageDescription": "once", "ClientToken": hosting.name("token")}
    first = hosting.sagemaker.create_model_package(**params)["ModelPackageArn"]
    assert hosting.sagemaker.create_model_package(**params)["ModelPackageArn"] == first
    with pytest.raises(ClientError, match="other parameters"):
        hosting.sagemaker.create_model_package(**{**params, "ModelPackageDescription": "twice"})


def test_what_is_said_about_a_version_is_kept(hosting: Hosting, group: str) -> None:
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/eval.json"}}}
    arn = register(
        hosting,
        group,
        ModelPackageDescription="week 12",
        ModelMetrics=metrics,
        CustomerMetadataProperties={"partition": "2025-03-17", "hr10": "0.69"},
        MetadataProperties={"CommitId": "abc", "GeneratedBy": "airflow"},
    )

    described = hosting.sagemaker.describe_model_package(ModelPackageName=arn)

    assert described["ModelPackageGroupName"] == group
    assert described["ModelPackageVersion"] == 1
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelMetrics"] == metrics
    assert described["CustomerMetadataProperties"] == {"partition": "2025-03-17", "hr10": "0.69"}
    assert described["MetadataProperties"]["CommitId"] == "abc"
    container = described["InferenceSpecification"]["Containers"][0]
    key = container["ModelDataUrl"].removeprefix(f"s3://{BUCKET}/")
    assert container["ModelDataETag"] == hosting.s3.head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"')


def test_approval_and_metadata_are_updated(hosting: Hosting, group: str) -> None:
    arn = register(hosting, group, CustomerMetadataProperties={"a": "1", "b": "2"})
    hosting.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="beats the champion",
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    described = hosting.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "beats the champion"
    assert described["CustomerMetadataProperties"] == {"b": "2", "c": "3"}
    assert described["LastModifiedTime"] >= described["CreationTime"]


def test_versions_are_listed_by_group_and_approval(hosting: Hosting, group: str) -> None:
    arns = [register(hosting, group, ModelApprovalStatus=status) for status in ("Approved", "Rejected", "Approved")]

    def listed(**params: Any) -> list[str]:
        page = hosting.sagemaker.list_model_packages(ModelPackageGroupName=group, **params)
        return [summary["ModelPackageArn"] for summary in page["ModelPackageSummaryList"]]

    assert listed() == arns
    assert listed(ModelApprovalStatus="Approved", SortOrder="Descending", MaxResults=1) == [arns[2]]
    assert all(arn not in listed(ModelPackageType="Unversioned") for arn in arns)


def test_several_versions_are_described_at_once(hosting: Hosting, group: str) -> None:
    arn = register(hosting, group)
    missing = f"{arn}0"
    answer = hosting.sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, missing])
    assert answer["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
    assert answer["BatchDescribeModelPackageErrorMap"][missing]["ErrorCode"] == "ValidationException"


def test_a_group_with_versions_cannot_be_deleted(hosting: Hosting, group: str) -> None:
    arn = register(hosting, group)
    with pytest.raises(ClientError, match="still contains Model Packages"):
        hosting.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    hosting.sagemaker.delete_model_package(ModelPackageName=arn)
    hosting.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="Model Package Group does not exist"):
        hosting.sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_only_an_approved_version_becomes_a_model(hosting: Hosting, group: str) -> None:
    arn = register(hosting, group)
    model = {"PrimaryContainer": {"ModelPackageName": arn, "Environment": {"VERSION": "7"}}, "ExecutionRoleArn": ROLE}
    with pytest.raises(ClientError, match="PendingManualApproval"):
        hosting.sagemaker.create_model(ModelName=hosting.name("model"), **model)

    hosting.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    name = hosting.name("model")
    hosting.sagemaker.create_model(ModelName=name, **model)

    endpoint = hosting.endpoint(hosting.config(name))
    assert hosting.invoke(endpoint)["version"] == "7"
    hosting.delete(endpoint)


def test_a_package_of_missing_data_is_refused(hosting: Hosting, group: str) -> None:
    containers = [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/nowhere.tar.gz"}]
    with pytest.raises(ClientError, match="Could not find model data"):
        hosting.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            InferenceSpecification={
                "Containers": containers,
                "SupportedContentTypes": [],
                "SupportedResponseMIMETypes": [],
            },
        )
