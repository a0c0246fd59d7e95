"""Endpoint configurations."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_hosting.support import BUCKET, Hosting


def variant(model: str, **extra: Any) -> dict[str, Any]:
    """A production variant of one instance."""
    return {"VariantName": "A", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **extra}


def test_a_config_is_described_with_the_default_weight(hosting: Hosting) -> None:
    name, model = hosting.name("config"), hosting.model()
    arn = hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant(model)], KmsKeyId="alias/models"
    )["EndpointConfigArn"]
    described = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert described["EndpointConfigArn"] == arn
    assert described["KmsKeyId"] == "alias/models"
    assert described["ProductionVariants"] == [variant(model, InitialVariantWeight=1.0)]


def test_a_second_config_of_the_same_name_is_refused(hosting: Hosting) -> None:
    model = hosting.model()
    name = hosting.config(model)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        hosting.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(model)])


def test_a_config_of_a_missing_model_is_refused(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match=r'Could not find model "arn:.*:model/nobody"'):
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName=hosting.name("config"), ProductionVariants=[variant("nobody")]
        )


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}, "ProductionVariants.ServerlessConfig"),
        ({"ManagedInstanceScaling": {"Status": "ENABLED"}}, "ProductionVariants.ManagedInstanceScaling"),
    ],
)
def test_what_is_not_served_is_refused_by_name(hosting: Hosting, extra: dict[str, Any], named: str) -> None:
    with pytest.raises(ClientError, match=named) as refused:
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName=hosting.name("config"), ProductionVariants=[variant(hosting.model(), **extra)]
        )
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_asynchronous_inference_is_refused_by_name(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match="AsyncInferenceConfig"):
        hosting.config(hosting.model(), AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out"}})


def test_a_config_in_use_can_be_deleted_and_the_endpoint_serves_on(hosting: Hosting) -> None:
    model = hosting.model()
    config = hosting.config(model)
    endpoint = hosting.endpoint(config)
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    hosting.sagemaker.delete_model(ModelName=model)
    assert hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] == config
    assert hosting.invoke(endpoint)["version"] == "1"
    hosting.delete(endpoint)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        hosting.sagemaker.describe_endpoint_config(EndpointConfigName=config)
