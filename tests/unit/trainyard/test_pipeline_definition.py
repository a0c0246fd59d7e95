"""The SageMaker pipeline of a model: its steps ask for what the DAG's tasks ask for, in words that AWS takes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from local_aws.services.sagemaker.pipelines.definition import parse
from local_aws.services.sagemaker.pipelines.values import Scope
from tests.unit.trainyard.aws_models import problems
from tests.unit.trainyard.made_up import LEADS, RUN, SETTINGS, SPEC, job
from trainyard.errors import SpecError
from trainyard.requests import endpoint, registry
from trainyard.requests.pipeline import execution
from trainyard.requests.pipeline_definition import APPROVED, PENDING, definition, inputs, pipeline
from trainyard.requests.processing import evaluation_job
from trainyard.requests.training import training_job
from trainyard.spec import ModelSpec

ROLE = "arn:aws:iam::123456789012:role/trainyard-pipeline"
OUTPUT = "s3://b/recommender/2026-02-02/run_pipeline/x-1/"
ARTIFACT = f"{OUTPUT}train/job/output/model.tar.gz"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/recommender/3"
EXAMPLES = {
    "examples": "s3://b/x/examples.manifest",
    "channels": {"train": "s3://b/x/train.manifest", "validation": "s3://b/x/validation.manifest"},
    "manifest": "s3://b/x/manifest.json",
    "digest": "0123456789ab",
    "encoding": "s3://b/x/encoding.json",
}
#: What the steps are known by when they have ended.
DONE: dict[str, dict[str, Any]] = {
    "Train": {"TrainingJobName": "job", "ModelArtifacts": {"S3ModelArtifacts": ARTIFACT}},
    "Evaluate": {},
    "Register": {"ModelPackageArn": PACKAGE, "ModelPackageVersion": 3},
    "CreateModel": {"ModelName": "pipelines-abc-model"},
    "ConfigureEndpoint": {"EndpointConfigName": "recommender-v3-abc"},
}
FOUND = {"challenger": {"ndcg@10": 0.5, "auc": 0.8}, "baseline": {"ndcg@10": 0.25, "auc": 0.5}}
CALLS = {
    "Train": "CreateTrainingJob",
    "Evaluate": "CreateProcessingJob",
    "Register": "CreateModelPackage",
    "CreateModel": "CreateModel",
    "ConfigureEndpoint": "CreateEndpointConfig",
    "Deploy": "CreateEndpoint",
}
NAMES = {"Train": "TrainingJobName", "Evaluate": "ProcessingJobName", "CreateModel": "ModelName"}


def given(spec: ModelSpec) -> dict[str, str]:
    """The parameters that a task gives an execution."""
    work = replace(job("run_pipeline"), spec=spec, inputs={"after": EXAMPLES})
    found = {item["Name"]: item["Value"] for item in execution(work, "p", inputs(spec))["PipelineParameters"]}
    return found | {"Output": OUTPUT}


def resolved(spec: ModelSpec) -> dict[str, dict[str, Any]]:
    """The arguments of each step as an execution sees them."""
    parsed = parse(json.dumps(definition(spec, SETTINGS)))
    defaults = {item["Name"]: item["DefaultValue"] for item in parsed.parameters if "DefaultValue" in item}
    known = {
        "PipelineExecutionId": "abc",
        "PipelineExecutionArn": "arn:aws:sagemaker:us-east-1:1:pipeline/p/execution/abc",
    }
    scope = Scope(
        defaults | given(spec), known, lambda name: DONE[name], lambda *_: json.dumps(FOUND), lambda _: ""
    )  # fmt: skip
    return {name: scope.resolve(step.arguments) for name, step in parsed.steps.items() if name in CALLS}


@pytest.mark.parametrize("spec", [SPEC, LEADS], ids=lambda spec: spec.name)
def test_every_step_is_a_request_that_aws_takes(spec: ModelSpec) -> None:
    for name, arguments in resolved(spec).items():
        named = {NAMES[name]: "a-name"} if name in NAMES else {}
        assert problems("sagemaker", CALLS[name], arguments | named) == [], name


@pytest.mark.parametrize("spec", [SPEC, LEADS], ids=lambda spec: spec.name)
def test_the_pipeline_itself_is_one_that_aws_takes(spec: ModelSpec) -> None:
    request = pipeline(spec, SETTINGS, ROLE)
    assert problems("sagemaker", "CreatePipeline", request) == []
    assert request["ClientRequestToken"] == pipeline(spec, SETTINGS, ROLE)["ClientRequestToken"]


@pytest.mark.parametrize("spec", [SPEC, LEADS], ids=lambda spec: spec.name)
def test_a_training_step_asks_for_what_the_task_asks_for(spec: ModelSpec) -> None:
    work = replace(job("train"), spec=spec, run=replace(RUN, model=spec.name))
    theirs, mine = training_job(work, EXAMPLES, spec.training.hyperparameters), resolved(spec)["Train"]
    same = set(theirs) - {"HyperParameters", "OutputDataConfig", "Tags"}
    assert {key: mine[key] for key in same} == {key: theirs[key] for key in same}
    told = {name: value for name, value in theirs["HyperParameters"].items() if name != "sagemaker_job_name"}
    assert {name: mine["HyperParameters"][name] for name in told} == told
    assert mine["OutputDataConfig"]["S3OutputPath"] == f"{OUTPUT}train/"


def test_a_version_says_what_the_dags_say_of_theirs() -> None:
    mine = resolved(SPEC)["Register"]
    theirs = registry.package(
        job("register"), artifact=ARTIFACT, approved=False, reason="", evaluation="", metadata={}
    )  # fmt: skip
    assert mine["InferenceSpecification"] == theirs["InferenceSpecification"]
    assert mine["ModelApprovalStatus"] == PENDING
    told = mine["CustomerMetadataProperties"]
    assert told["partition"] == RUN.partition
    assert (told["manifest"], told["manifest_digest"]) == (EXAMPLES["manifest"], EXAMPLES["digest"])
    assert float(told["challenger:ndcg@10"]) == FOUND["challenger"]["ndcg@10"]
    assert mine["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == f"{OUTPUT}evaluate/evaluation.json"


def test_the_evaluation_reads_the_model_that_was_trained() -> None:
    mine = resolved(SPEC)["Evaluate"]
    theirs = evaluation_job(job("evaluate"), EXAMPLES["examples"], ARTIFACT, {})  # type: ignore[arg-type]  # a text
    assert mine["AppSpecification"] == theirs["AppSpecification"]
    assert mine["ProcessingInputs"] == theirs["ProcessingInputs"]


def test_what_is_put_live_says_its_version() -> None:
    steps = resolved(SPEC)
    assert steps["CreateModel"]["PrimaryContainer"]["Environment"][endpoint.VERSION_VARIABLE] == "3"
    assert steps["ConfigureEndpoint"]["EndpointConfigName"] == "recommender-v3-abc"
    assert steps["Deploy"]["EndpointName"] == SPEC.serving.endpoint


def test_only_an_approved_version_goes_live() -> None:
    steps = parse(json.dumps(definition(SPEC, SETTINGS))).steps
    for name in ("CreateModel", "ConfigureEndpoint", "Deploy"):
        assert steps[name].branch == ("IfApproved", True)
    [condition] = steps["IfApproved"].arguments["Conditions"]
    assert condition["RightValue"] == APPROVED
    assert "Register" in steps["IfApproved"].waits_for


def test_a_hyperparameter_that_cannot_be_a_parameter_is_refused() -> None:
    training = replace(SPEC.training, hyperparameters={"Partition": 1})
    with pytest.raises(SpecError, match=r"'Partition' cannot be a pipeline's parameter"):
        definition(replace(SPEC, training=training), SETTINGS)
