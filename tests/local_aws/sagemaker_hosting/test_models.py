"""CreateModel, and what it refuses."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_hosting.support import BUCKET, IMAGE, ROLE, Hosting


def test_a_model_is_described_as_it_was_created(hosting: Hosting) -> None:
    name, data = hosting.name("model"), hosting.model_data()
    container = {"Image": IMAGE, "ModelDataUrl": data, "Environment": {"A": "1"}}
    arn = hosting.sagemaker.create_model(
        ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE, Tags=[{"Key": "team", "Value": "shop"}]
    )["ModelArn"]

    described = hosting.sagemaker.describe_model(ModelName=name)

    assert described["ModelArn"] == arn == f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"
    assert described["PrimaryContainer"] == container
    assert described["ExecutionRoleArn"] == ROLE
    assert hosting.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "shop"}]


def test_a_second_model_of_the_same_name_is_refused(hosting: Hosting) -> None:
    name = hosting.model()
    container = {"Image": IMAGE, "ModelDataUrl": hosting.model_data()}
    with pytest.raises(ClientError, match=r'Cannot create already existing model "arn:.*"') as refused:
        hosting.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/nowhere/model.tar.gz", "s3://no-such-bucket/model.tar.gz"])
def test_missing_model_data_is_refused_before_anything_runs(hosting: Hosting, uri: str) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": uri}
    with pytest.raises(ClientError, match=f"Could not find model data at {uri}"):
        hosting.sagemaker.create_model(ModelName=hosting.name("m"), PrimaryContainer=container, ExecutionRoleArn=ROLE)


def test_an_image_that_does_not_exist_is_refused(hosting: Hosting) -> None:
    container = {"Image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:9.9-cpu-py311"}
    with pytest.raises(ClientError, match="Cannot find the requested image"):
        hosting.sagemaker.create_model(ModelName=hosting.name("m"), PrimaryContainer=container, ExecutionRoleArn=ROLE)


def test_a_pipeline_of_one_container_is_that_container_and_longer_ones_are_refused(hosting: Hosting) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": hosting.model_data()}
    name = hosting.name("model")
    hosting.sagemaker.create_model(ModelName=name, Containers=[container], ExecutionRoleArn=ROLE)
    assert hosting.sagemaker.describe_model(ModelName=name)["Containers"] == [container]
    with pytest.raises(ClientError, match="this inference pipeline has 2") as refused:
        hosting.sagemaker.create_model(
            ModelName=hosting.name("m"), Containers=[container, container], ExecutionRoleArn=ROLE
        )
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_deleted_model_is_gone(hosting: Hosting) -> None:
    name = hosting.model()
    hosting.sagemaker.delete_model(ModelName=name)
    with pytest.raises(ClientError, match="Could not find model") as missing:
        hosting.sagemaker.describe_model(ModelName=name)
    assert missing.value.response["Error"]["Code"] == "ValidationException"


def test_models_are_listed_newest_first_in_pages(hosting: Hosting) -> None:
    stem = hosting.name("page")
    names = [f"{stem}-{number}" for number in range(5)]
    data = hosting.model_data()
    for name in names:
        container = {"Image": IMAGE, "ModelDataUrl": data}
        hosting.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)

    pages = hosting.sagemaker.get_paginator("list_models").paginate(NameContains=stem, PaginationConfig={"PageSize": 2})

    assert [[model["ModelName"] for model in page["Models"]] for page in pages] == [
        [names[4], names[3]],
        [names[2], names[1]],
        [names[0]],
    ]


def test_a_token_that_is_none_is_refused(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match="Invalid pagination token"):
        hosting.sagemaker.list_models(NextToken="made-up")
