"""Values that are known only while a pipeline is carried out."""

import json
from typing import Any

import pytest

from local_aws.services.sagemaker.pipelines.conditions import holds
from local_aws.services.sagemaker.pipelines.values import Scope, Unresolved, parse_path, references

STEPS: dict[str, Any] = {
    "Train": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"}},
    "Prepare": {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "a b", "S3Output": {"S3Uri": "s3://b/a"}}]}},
    "Tune": {"TrainingJobSummaries": [{"TrainingJobName": "best"}, {"TrainingJobName": "second"}]},
}
REPORT = json.dumps({"metrics": {"ndcg": {"value": 0.25}, "per.week": [1, 2]}})
SCOPE = Scope(
    parameters={"Epochs": 3, "Name": "x", "Yes": True},
    execution={"PipelineExecutionId": "abc"},
    property_of=STEPS.__getitem__,
    property_file=lambda step, name: {"Evaluate/Report": REPORT}[f"{step}/{name}"],
    read={"s3://b/abc.json": '{"n": 1}'}.__getitem__,
)


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": path}}


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("as it is", "as it is"),
        ({"Get": "Parameters.Epochs"}, 3),
        ({"a": [{"Get": "Parameters.Name"}]}, {"a": ["x"]}),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}, "s3://b/model.tar.gz"),
        ({"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['a b'].S3Output.S3Uri"}, "s3://b/a"),
        ({"Get": "Steps.Tune.TrainingJobSummaries[1].TrainingJobName"}, "second"),
        ({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Epochs"}, {"Get": "Parameters.Yes"}]}}, "s3://3/true"),
        (json_get("metrics.ndcg.value"), 0.25),
        (json_get("metrics['per.week'][1]"), 2),
        ({"Std:JsonGet": {"S3Uri": "s3://b/abc.json", "Path": "n"}}, 1),
    ],
)  # fmt: skip
def test_a_value_is_found(value: Any, resolved: Any) -> None:
    assert SCOPE.resolve(value) == resolved


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Get": "Parameters.Gone"}, "Parameters.Gone is not there"),
        ({"Get": "Steps.Train.Gone"}, "there is no 'Gone'"),
        ({"Get": "Steps.Tune.TrainingJobSummaries[7]"}, "there is no 7"),
        ({"Get": "Steps.Train[[x]]"}, "cannot be read"),
        (json_get("metrics.hr"), "there is no 'hr'"),
    ],
)
def test_what_is_not_there_is_named(value: Any, words: str) -> None:
    with pytest.raises(Unresolved) as caught:
        SCOPE.resolve(value)
    assert words in str(caught.value)


def test_a_path_has_names_numbers_and_quoted_names() -> None:
    assert parse_path("""A.b-c[0]['d e']["f"].g""") == ["A", "b-c", 0, "d e", "f", "g"]


def test_references_are_found_wherever_they_stand() -> None:
    value = {"a": [{"Get": "Steps.A.x"}], "b": json_get("c"), "d": {"Std:Join": {"Values": [{"Get": "Parameters.P"}]}}}
    assert sorted(references(value)) == ["Parameters.P", "Steps.A.x", "Steps.Evaluate.PropertyFiles.Report"]


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", {"Get": "Parameters.Epochs"}, 3), True),
        (compare("GreaterThan", 3, 3), False),
        (compare("GreaterThanOrEqualTo", json_get("metrics.ndcg.value"), 0.25), True),
        (compare("LessThan", 2, 3.5), True),
        (compare("LessThanOrEqualTo", 4, 3), False),
        ({"Type": "In", "QueryValue": {"Get": "Parameters.Name"}, "Values": ["y", "x"]}, True),
        ({"Type": "Not", "Expression": compare("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], outcome: bool) -> None:
    assert holds(condition, SCOPE.resolve) is outcome


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(Unresolved, match=r"'x' and 3 cannot be compared by LessThan"):
        holds(compare("LessThan", "x", 3), SCOPE.resolve)
