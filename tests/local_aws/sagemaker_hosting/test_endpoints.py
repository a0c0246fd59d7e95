"""Endpoints from creation to deletion."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_hosting.support import IMAGE, Hosting, until


def test_an_endpoint_comes_into_service_and_answers(hosting: Hosting) -> None:
    name, config = hosting.name("endpoint"), hosting.config(hosting.model())
    arn = hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)["EndpointArn"]
    first = hosting.sagemaker.describe_endpoint(EndpointName=name)

    described = hosting.settled(name)

    assert first["EndpointStatus"] in ("Creating", "InService")
    assert described["EndpointArn"] == arn
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == config
    [variant] = described["ProductionVariants"]
    assert variant["VariantName"] == "A"
    assert variant["CurrentWeight"] == variant["DesiredWeight"] == 1.0
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == 1
    assert variant["DeployedImages"][0]["SpecifiedImage"] == IMAGE
    assert hosting.invoke(name, b"hello")["body"] == "hello"
    assert "serving version 1" in hosting.log_lines(f"/aws/sagemaker/Endpoints/{name}", "A/i-")
    hosting.delete(name)


def test_a_second_endpoint_of_the_same_name_is_refused_as_the_airflow_operator_expects(hosting: Hosting) -> None:
    config = hosting.config(hosting.model())
    name = hosting.endpoint(config)
    with pytest.raises(ClientError) as refused:
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("Cannot create already existing endpoint")
    hosting.delete(name)


def test_a_model_that_does_not_load_fails_the_endpoint_with_its_own_words(hosting: Hosting) -> None:
    name = hosting.name("endpoint")
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=hosting.config(hosting.model(fails="load")))

    described = hosting.settled(name)

    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        "The primary container for production variant A did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert "cannot load the weights of this model" in described["FailureReason"]
    assert f"/aws/sagemaker/Endpoints/{name}" in described["FailureReason"]
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    lines = hosting.log_lines(f"/aws/sagemaker/Endpoints/{name}", "A/i-")
    assert "cannot load the weights of this model" in lines
    with pytest.raises(ClientError, match=f"Endpoint {name} of account 123456789012 not found"):
        hosting.invoke(name)
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=described["EndpointConfigName"])
    hosting.delete(name)


def test_an_archive_that_is_none_fails_the_endpoint(hosting: Hosting) -> None:
    model = hosting.name("model")
    data = hosting.put(f"{model}/model.tar.gz", b"this is no archive")
    hosting.sagemaker.create_model(ModelName=model, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": data})
    name = hosting.name("endpoint")
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=hosting.config(model))
    described = hosting.settled(name)
    assert described["EndpointStatus"] == "Failed"
    assert f'Failed to extract model data archive from URL "{data}"' in described["FailureReason"]
    hosting.delete(name)


def test_variants_share_the_traffic_by_weight_and_can_be_asked_for(hosting: Hosting) -> None:
    models = hosting.model(version="a"), hosting.model(version="b")
    name = hosting.endpoint(hosting.config(*models, weights=(3.0, 1.0)))
    answers = [hosting.invoke(name)["version"] for _ in range(8)]
    assert sorted(answers) == ["a"] * 6 + ["b"] * 2
    assert {hosting.invoke(name, TargetVariant="B")["version"] for _ in range(3)} == {"b"}
    with pytest.raises(ClientError, match="Variant C"):
        hosting.invoke(name, TargetVariant="C")
    hosting.delete(name)


def test_weights_and_instance_counts_change_while_it_serves(hosting: Hosting) -> None:
    models = hosting.model(version="a"), hosting.model(version="b")
    name = hosting.endpoint(hosting.config(*models))
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "A", "DesiredWeight": 0.0},
            {"VariantName": "B", "DesiredInstanceCount": 2},
        ],
    )
    described = hosting.settled(name)
    variants = {variant["VariantName"]: variant for variant in described["ProductionVariants"]}
    assert described["EndpointStatus"] == "InService"
    assert variants["A"]["CurrentWeight"] == 0.0
    assert variants["B"]["CurrentInstanceCount"] == 2
    assert {hosting.invoke(name)["version"] for _ in range(4)} == {"b"}
    streams = hosting.logs.describe_log_streams(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["logStreams"]
    assert len([stream for stream in streams if stream["logStreamName"].startswith("B/")]) == 2
    with pytest.raises(ClientError, match='The variant name\\(s\\) "C" is/are not present'):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "C", "DesiredWeight": 1.0}]
        )
    hosting.delete(name)


def test_a_container_that_dies_is_started_again(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(hosting.model()))
    with pytest.raises(ClientError) as died:
        hosting.invoke(name, b"die")
    assert died.value.response["Error"]["Code"] == "ModelError"

    def answers() -> bool:
        try:
            return hosting.invoke(name)["version"] == "1"
        except ClientError:
            return False

    assert until(answers)
    assert any("exited with code 3" in line for line in hosting.log_lines(f"/aws/sagemaker/Endpoints/{name}"))
    hosting.delete(name)


def test_a_deleted_endpoint_is_gone_with_its_processes(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(hosting.model()))
    folders = set((hosting.local_aws.root / "serving").iterdir())
    hosting.delete(name)
    assert len(set((hosting.local_aws.root / "serving").iterdir())) == len(folders) - 1
    with pytest.raises(ClientError, match="Could not find endpoint") as missing:
        hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert missing.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="not found"):
        hosting.invoke(name)


def test_endpoints_are_listed_by_status(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(hosting.model()))
    listed = hosting.sagemaker.list_endpoints(NameContains=name, StatusEquals="InService")["Endpoints"]
    assert [endpoint["EndpointName"] for endpoint in listed] == [name]
    assert hosting.sagemaker.list_endpoints(NameContains=name, StatusEquals="Failed")["Endpoints"] == []
    hosting.delete(name)
