"""``yard pipeline``: a model's pipeline is made once, left alone while its model is the same, and follows it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import LocalAwsForTests, stack_of
from tests.unit.trainyard.made_up import SPEC
from yard import pipeline
from yard.backfill.pipeline import Pipeline
from yard.clients import Aws
from yard.home import Home

MINE = replace(SPEC, name="made_by_yard")


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAwsForTests) -> dict[str, str]:
    return stack_of(local_aws)


def test_it_is_created_left_alone_and_updated_when_the_model_changes(
    local_aws: LocalAwsForTests, outputs: dict[str, str]
) -> None:
    aws = Aws(local_aws.endpoint_url)
    assert [pipeline.bring(aws, MINE, outputs) for _ in range(2)] == ["created", "unchanged"]
    changed = replace(MINE, training=replace(MINE.training, hyperparameters={"epochs": 7}))
    assert pipeline.bring(aws, changed, outputs) == "updated"
    found = local_aws.client("sagemaker").describe_pipeline(PipelineName="made-by-yard")
    assert {"Name": "epochs", "Type": "String", "DefaultValue": "7"} in json.loads(found["PipelineDefinition"])[
        "Parameters"
    ]
    assert found["RoleArn"] == outputs["SageMakerPipelineRoleArn"]


def test_a_definition_can_be_written_to_a_file_without_creating_anything(
    local_aws: LocalAwsForTests, outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(SPEC, name="only_a_file")

    class Session:
        aws = Aws(local_aws.endpoint_url)

    Session.outputs = outputs  # type: ignore[attr-defined]  # all that is asked of it
    monkeypatch.setattr(pipeline, "attach", lambda _home: Session)
    monkeypatch.setattr(pipeline, "read", lambda _session, model: Pipeline(model, spec, (), ()))
    pipeline.make(Home.find(), "only_a_file", tmp_path / "pipeline.json")
    assert json.loads((tmp_path / "pipeline.json").read_text())["Version"] == "2020-12-01"
    assert local_aws.client("sagemaker").list_pipelines(PipelineNamePrefix="only-a-file")["PipelineSummaries"] == []
