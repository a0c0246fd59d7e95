"""Pipelines as they are kept: what is taken, what is refused, what is told of them."""

import json
from typing import Any

import pytest

from tests.local_aws.sagemaker_pipelines.support import Pipelines, condition, fail, get


def test_a_pipeline_is_created_described_changed_and_deleted(pipelines: Pipelines) -> None:
    name = pipelines.create(fail("Ends"), PipelineDescription="first", Tags=[{"Key": "team", "Value": "shop"}])
    told = pipelines.sagemaker.describe_pipeline(PipelineName=name)
    assert told["PipelineArn"].endswith(f":pipeline/{name}")
    assert (told["PipelineStatus"], told["PipelineDescription"]) == ("Active", "first")
    assert json.loads(told["PipelineDefinition"])["Steps"][0]["Name"] == "Ends"
    assert pipelines.sagemaker.list_tags(ResourceArn=told["PipelineArn"])["Tags"] == [{"Key": "team", "Value": "shop"}]
    changed = pipelines.definition(fail("EndsElsewhere"))
    pipelines.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=changed)
    after = pipelines.sagemaker.describe_pipeline(PipelineName=name)
    assert (after["PipelineDefinition"], after["PipelineDescription"]) == (changed, "first")
    listed = pipelines.sagemaker.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    assert [item["PipelineName"] for item in listed] == [name]
    pipelines.sagemaker.delete_pipeline(PipelineName=name, ClientRequestToken="x" * 32)
    gone = pipelines.refusal("describe_pipeline", PipelineName=name)
    assert gone == ("ResourceNotFound", f"Pipeline '{told['PipelineArn']}' does not exist.")


def test_a_name_is_taken_once_and_a_token_makes_the_same_pipeline(pipelines: Pipelines) -> None:
    request = pipelines.request(pipelines.name("once"), pipelines.definition(fail("Ends")))
    first, again = (pipelines.sagemaker.create_pipeline(**request)["PipelineArn"] for _ in range(2))
    assert first == again
    code, message = pipelines.refusal("create_pipeline", **{**request, "ClientRequestToken": "y" * 32})
    assert code == "ValidationException"
    # The SageMaker SDK's upsert looks for these words.
    assert "Pipeline names must be unique within an AWS account and region" in message
    code, _ = pipelines.refusal("create_pipeline", **{**request, "PipelineDescription": "other"})
    assert code == "ConflictException"


def test_a_definition_may_lie_in_a_bucket(pipelines: Pipelines) -> None:
    definition = pipelines.definition(fail("Ends"))
    pipelines.put("pipelines/one.json", definition)
    place = {"Bucket": pipelines.bucket, "ObjectKey": "pipelines/one.json"}
    request = pipelines.request(pipelines.name("placed"), "", PipelineDefinitionS3Location=place)
    del request["PipelineDefinition"]
    pipelines.sagemaker.create_pipeline(**request)
    told = pipelines.sagemaker.describe_pipeline(PipelineName=request["PipelineName"])
    assert told["PipelineDefinition"] == definition


def raw(*steps: Any, **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **more})


@pytest.mark.parametrize(
    ("definition", "code", "words"),
    [
        ("{", "ValidationException", "It is no JSON"),
        ("[]", "ValidationException", "Version must be '2020-12-01'"),
        (raw(), "ValidationException", "at least one step"),
        (raw(fail("A"), fail("A")), "ValidationException", "'A' is not"),
        (raw(condition("C", 1, 2, yes=[fail("C")])), "ValidationException", "Step names must be unique"),
        (raw({"Name": "L", "Type": "Lambda"}), "NotImplemented", "step type Lambda (step 'L')"),
        (raw({"Name": "L", "Type": "Dance"}), "ValidationException", "has the type 'Dance'"),
        (raw({"Name": "a b", "Type": "Fail"}), "ValidationException", "'a b' is no name"),
        (raw(fail("A", get("Parameters.Gone"))), "ValidationException", "'Gone', which is not declared"),
        (raw(fail("A", get("Steps.Gone.X"))), "ValidationException", "['Gone'], which are not there"),
        (raw({**fail("A"), "DependsOn": ["Gone"]}), "ValidationException", "['Gone'], which are not there"),
        (raw(fail("A", get("Steps.B.X")), fail("B", get("Steps.A.X"))), "ValidationException", "wait for one another"),
        (raw(fail("A", get("Wishes.X"))), "ValidationException", "'Wishes.X', which is none"),
        (raw(condition("C", 1, 2, kind="Resembles")), "ValidationException", "type 'Resembles'"),
        (
            raw(fail("A"), condition("C", get("Steps.A.PropertyFiles.R"), 2)),
            "ValidationException",
            "'Steps.A.PropertyFiles.R', which is not declared",
        ),
        (raw(fail("A"), Parameters=[{"Name": "P", "Type": "Color"}]), "ValidationException", "has the type 'Color'"),
        (raw({**fail("A"), "RetryPolicies": [{"MaxAttempts": 2}]}), "NotImplemented", "RetryPolicies (step 'A')"),
        (raw({**fail("A"), "CacheConfig": {"Enabled": True}}), "ValidationException", "needs ExpireAfter"),
    ],
)
def test_a_definition_that_cannot_be_carried_out_is_refused(
    pipelines: Pipelines, definition: str, code: str, words: str
) -> None:
    refused = pipelines.refusal("create_pipeline", **pipelines.request(pipelines.name(), definition))
    assert refused[0] == code
    assert words in refused[1]


def test_a_role_that_is_not_there_is_refused(pipelines: Pipelines) -> None:
    request = pipelines.request(pipelines.name(), pipelines.definition(fail("A")), RoleArn=pipelines.role + "gone")
    code, message = pipelines.refusal("create_pipeline", **request)
    assert (code, "Could not assume role" in message) == ("ValidationException", True)
