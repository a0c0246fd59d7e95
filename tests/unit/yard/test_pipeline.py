"""``yard pipeline``: a model's pipeline is made once, left alone while its model is the same, and follows it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.infra.builds import in_a_build
from tests.support import LocalAwsForTests, stack_of
from tests.unit.trainyard.made_up import SPEC
from yard import environment, pipeline
from yard.backfill.pipeline import Pipeline
from yard.clients import Aws
from yard.errors import YardError
from yard.home import Home
from yard.target import Target

MINE = replace(SPEC, name="made_by_yard")


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAwsForTests) -> dict[str, str]:
    return stack_of(local_aws)


def test_it_is_created_left_alone_and_updated_when_the_model_changes(
    local_aws: LocalAwsForTests, outputs: dict[str, str]
) -> None:
    place = Target(Aws(local_aws.endpoint_url), outputs, {})
    assert [pipeline.bring(place, MINE) for _ in range(2)] == ["created", "unchanged"]
    changed = replace(MINE, training=replace(MINE.training, hyperparameters={"epochs": 7}))
    assert pipeline.bring(place, changed) == "updated"
    found = local_aws.client("sagemaker").describe_pipeline(PipelineName="made-by-yard")
    assert {"Name": "epochs", "Type": "String", "DefaultValue": "7"} in json.loads(found["PipelineDefinition"])[
        "Parameters"
    ]
    assert found["RoleArn"] == outputs["SageMakerPipelineRoleArn"]


@pytest.fixture
def account(local_aws: LocalAwsForTests, outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Home:
    """An account that boto3 finds in the environment, and one DAG."""
    del outputs  # the stack is there
    for name, value in in_a_build(local_aws.endpoint_url).items():
        monkeypatch.setenv(name, value)
    found = Pipeline("only_a_file", replace(SPEC, name="only_a_file"), (), ())
    monkeypatch.setattr(pipeline, "read_all", lambda _home: [found])
    return Home.find()


def written(home: Home, file: Path, **more: Any) -> Any:
    """The definition that goes to a file."""
    pipeline.make(home, "only_a_file", file, on_aws=True, **more)
    return json.loads(file.read_text())


def test_a_definition_can_be_written_to_a_file_without_creating_anything(
    account: Home, local_aws: LocalAwsForTests, outputs: dict[str, str], tmp_path: Path
) -> None:
    train = written(account, tmp_path / "pipeline.json")["Steps"][0]["Arguments"]
    assert train["RoleArn"] == outputs["SageMakerTrainingRoleArn"]
    assert local_aws.client("sagemaker").list_pipelines(PipelineNamePrefix="only-a-file")["PipelineSummaries"] == []


def test_what_the_airflow_variable_says_beyond_the_stack_counts_for_the_pipeline_too(
    account: Home, outputs: dict[str, str], tmp_path: Path
) -> None:
    variable = tmp_path / "variable.json"
    variable.write_text(json.dumps(environment.variable(outputs) | {"instance_types": {"train": "ml.g5.12xlarge"}}))
    train = written(account, tmp_path / "pipeline.json", variable=variable)["Steps"][0]["Arguments"]
    assert train["ResourceConfig"]["InstanceType"] == "ml.g5.12xlarge"


def test_a_variable_that_airflow_would_not_take_is_refused_with_the_fields_name(account: Home, tmp_path: Path) -> None:
    variable = tmp_path / "variable.json"
    variable.write_text('{"region": "us-east-1"}')
    with pytest.raises(YardError, match="roles is missing"):
        written(account, tmp_path / "pipeline.json", variable=variable)


def test_on_aws_the_pipeline_is_made_in_the_account(account: Home, local_aws: LocalAwsForTests) -> None:
    pipeline.make(account, "only_a_file", None, on_aws=True)
    sagemaker = local_aws.client("sagemaker")
    assert sagemaker.describe_pipeline(PipelineName="only-a-file")["PipelineStatus"] == "Active"
    sagemaker.delete_pipeline(PipelineName="only-a-file")


def test_a_model_that_no_dag_has_is_refused_with_those_that_are_there(account: Home) -> None:
    with pytest.raises(YardError, match="no DAG of a model 'nobody'") as raised:
        pipeline.make(account, "nobody", None, on_aws=True)
    assert "only_a_file" in raised.value.remedy
