"""Executions: each step really runs, in its turn, and the execution ends as its steps do."""

import uuid
from typing import Any

import pytest

from tests.local_aws.sagemaker_jobs.support import PYTHON, Record
from tests.local_aws.sagemaker_pipelines.support import Pipelines, condition, fail, get, join

#: Learns the mean of some numbers, and is evaluated by it: the road of every pipeline, in shell.
LEARN = "awk '{s+=$1} END {print s/NR}' /opt/ml/input/data/rows/rows.txt > /opt/ml/model/mean"
EVALUATE = (
    "cd /opt/ml/processing; tar xzf model/model.tar.gz; "
    """printf '{"metrics": {"mean": %s}}' "$(cat mean)" > report/evaluation.json"""
)
PARAMETERS: list[Record] = [
    {"Name": "Rows", "Type": "Integer", "DefaultValue": 4},
    {"Name": "AtLeast", "Type": "Float", "DefaultValue": 2.0},
    {"Name": "Group", "Type": "String"},
    {"Name": "Approval", "Type": "String", "DefaultValue": "Approved", "EnumValues": ["Approved", "Rejected"]},
]


def whole(pipelines: Pipelines) -> list[Record]:
    """From rows to a registered model, or to a failure that says why."""
    prepare = pipelines.processing("Prepare", "seq $ROWS > /opt/ml/processing/rows/rows.txt", outputs=("rows",))
    prepare["Arguments"]["Environment"] = {"ROWS": join(get("Parameters.Rows"))}
    rows = get("Steps.Prepare.ProcessingOutputConfig.Outputs['rows'].S3Output.S3Uri")
    channel = {
        "ChannelName": "rows",
        "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows, "S3DataDistributionType": "FullyReplicated"}
        },
    }
    train = pipelines.training("Train", LEARN, Arguments={"InputDataConfig": [channel]})
    model = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    evaluate = pipelines.processing(
        "Evaluate",
        EVALUATE,
        inputs={"model": model},
        outputs=("report",),
        PropertyFiles=[{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "evaluation.json"}],
    )
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": get("Parameters.Group"),
            "ModelApprovalStatus": get("Parameters.Approval"),
            "InferenceSpecification": {
                "Containers": [{"Image": PYTHON, "ModelDataUrl": model}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        },
    }
    mean = {"Std:JsonGet": {"PropertyFile": get("Steps.Evaluate.PropertyFiles.Report"), "Path": "metrics.mean"}}
    refuse = fail("Refuse", join("the mean is below ", get("Parameters.AtLeast")))
    gate = condition("Gate", mean, get("Parameters.AtLeast"), yes=[register], no=[refuse])
    return [gate, evaluate, train, prepare]  # the order is that of what they get from one another


@pytest.fixture(scope="module")
def pipeline(pipelines: Pipelines) -> str:
    """That pipeline's name."""
    return pipelines.create(*whole(pipelines), parameters=PARAMETERS)


@pytest.fixture(scope="module")
def accepted(pipelines: Pipelines, pipeline: str) -> tuple[Record, dict[str, Record]]:
    """An execution to its good end."""
    arn = pipelines.start(pipeline, {"Group": pipelines.name("group")}, PipelineExecutionDisplayName="weekly")
    return pipelines.execution(arn), pipelines.steps(arn)


def test_every_step_runs_in_its_turn(pipelines: Pipelines, accepted: tuple[Record, dict[str, Record]]) -> None:
    execution, steps = accepted
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert list(steps) == ["Prepare", "Train", "Evaluate", "Gate", "Register"]
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert execution["PipelineExecutionDisplayName"] == "weekly"
    ends = [step["EndTime"] for step in steps.values()]
    begins = [step["StartTime"] for step in steps.values()]
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


def test_a_step_names_the_job_that_it_ran(pipelines: Pipelines, accepted: tuple[Record, dict[str, Record]]) -> None:
    execution, steps = accepted
    arn = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
    job = pipelines.describe_training(arn.rpartition("/")[2])
    assert job["TrainingJobName"].startswith("pipelines-")
    tags = {tag["Key"]: tag["Value"] for tag in pipelines.sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags["sagemaker:pipeline-execution-arn"] == execution["PipelineExecutionArn"]
    assert tags["sagemaker:pipeline-step-name"] == "Train"
    assert steps["Gate"]["Metadata"]["Condition"] == {"Outcome": "True"}


def test_the_model_that_was_trained_is_registered(
    pipelines: Pipelines, accepted: tuple[Record, dict[str, Record]]
) -> None:
    _, steps = accepted
    package = pipelines.sagemaker.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert (package["ModelPackageVersion"], package["ModelApprovalStatus"]) == (1, "Approved")
    trained = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == pipelines.describe_training(trained)["ModelArtifacts"]["S3ModelArtifacts"]


def test_a_fail_step_ends_the_execution_with_its_message(pipelines: Pipelines, pipeline: str) -> None:
    arn = pipelines.start(pipeline, {"Group": pipelines.name("group"), "AtLeast": 9.5, "Rows": 2})
    execution, steps = pipelines.execution(arn), pipelines.steps(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
    assert steps["Gate"]["Metadata"]["Condition"] == {"Outcome": "False"}
    assert (steps["Refuse"]["StepStatus"], steps["Refuse"]["FailureReason"]) == ("Failed", "the mean is below 9.5")
    assert "Register" not in steps
    found = pipelines.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    values = {item["Name"]: item["Value"] for item in found}
    assert (values["Rows"], values["AtLeast"], values["Approval"]) == ("2", "9.5", "Approved")


def test_a_job_that_fails_ends_the_execution_and_what_waits_for_it_never_begins(pipelines: Pipelines) -> None:
    broken = pipelines.training("Broken", "echo 'the rows are gone' > /opt/ml/output/failure; exit 3")
    after = {**fail("After"), "DependsOn": ["Broken"]}
    execution, steps = pipelines.ran(after, broken)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert list(steps) == ["Broken"]
    assert steps["Broken"]["FailureReason"].startswith("ClientError: AlgorithmError")
    assert "the rows are gone" in steps["Broken"]["FailureReason"]


def test_a_request_that_the_service_refuses_fails_its_step_with_the_services_words(pipelines: Pipelines) -> None:
    wrong = pipelines.training("Wrong", "true")
    wrong["Arguments"]["ResourceConfig"]["InstanceType"] = "m5.large"
    _, steps = pipelines.ran(wrong)
    reason = steps["Wrong"]["FailureReason"]
    assert "Failed to invoke sagemaker:CreateTrainingJob. Error Details: 1 validation error detected" in reason
    assert "resourceConfig.instanceType" in reason


def test_an_execution_that_is_stopped_stops_its_jobs(pipelines: Pipelines) -> None:
    arn = pipelines.start(pipelines.create(pipelines.training("Waits", "echo ready; exec sleep 600")))
    step = pipelines.step(arn, "Waits", "Executing")
    pipelines.running_training(step["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2])
    pipelines.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    assert pipelines.execution(arn)["PipelineExecutionStatus"] == "Stopped"
    assert pipelines.steps(arn)["Waits"]["StepStatus"] == "Stopped"
    code, message = pipelines.refusal("stop_pipeline_execution", PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    assert (code, "is Stopped" in message) == ("ConflictException", True)


def test_as_many_steps_run_at_once_as_are_allowed(pipelines: Pipelines) -> None:
    two = [pipelines.processing(name, "true") for name in ("One", "Two")]
    arn = pipelines.start(pipelines.create(*two, ParallelismConfiguration={"MaxParallelExecutionSteps": 1}))
    execution, steps = pipelines.execution(arn), pipelines.steps(arn)
    assert execution["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 1}
    assert steps["One"]["EndTime"] <= steps["Two"]["StartTime"]


def test_a_step_that_did_the_same_before_is_not_done_again(pipelines: Pipelines) -> None:
    cached = pipelines.training(
        "Cached", "echo 1 > /opt/ml/model/x", CacheConfig={"Enabled": True, "ExpireAfter": "P1D"}
    )
    name = pipelines.create(cached)
    first, second = (pipelines.execution(pipelines.start(name))["PipelineExecutionArn"] for _ in range(2))
    before, after = (pipelines.steps(arn)["Cached"] for arn in (first, second))
    assert after["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert after["Metadata"] == before["Metadata"]
    assert "CacheHitResult" not in before
    other = pipelines.training(
        "Cached", "echo 2 > /opt/ml/model/x", CacheConfig={"Enabled": True, "ExpireAfter": "P1D"}
    )
    pipelines.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=pipelines.definition(other))
    arn = pipelines.execution(pipelines.start(name))["PipelineExecutionArn"]
    assert "CacheHitResult" not in pipelines.steps(arn)["Cached"]


def test_the_same_token_starts_one_execution(pipelines: Pipelines) -> None:
    name, token = pipelines.create(fail("Ends")), uuid.uuid4().hex
    first, again = (pipelines.start(name, ClientRequestToken=token) for _ in range(2))
    assert first == again
    listed = pipelines.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert [item["PipelineExecutionArn"] for item in listed] == [first]
    pipelines.execution(first)


def test_an_execution_keeps_the_definition_that_it_began_with(pipelines: Pipelines) -> None:
    name = pipelines.create(fail("Ends"))
    arn = pipelines.start(name)
    pipelines.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=pipelines.definition(fail("Other")))
    told = pipelines.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert '"Ends"' in told["PipelineDefinition"]
    assert list(pipelines.steps(pipelines.execution(arn)["PipelineExecutionArn"])) == ["Ends"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "Parameter 'Group' is undefined"),
        ({"Group": "g", "Rows": "many"}, "Parameter 'Rows' must be of type Integer, not 'many'."),
        ({"Group": "g", "Approval": "Perhaps"}, "must be one of ['Approved', 'Rejected']"),
        ({"Group": "g", "Color": "red"}, "Unknown parameters: ['Color']"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    pipelines: Pipelines, pipeline: str, parameters: dict[str, Any], words: str
) -> None:
    given = [{"Name": name, "Value": value} for name, value in parameters.items()]
    asked = {"PipelineName": pipeline, "PipelineParameters": given, "ClientRequestToken": "p" * 32}
    code, message = pipelines.refusal("start_pipeline_execution", **asked)
    assert (code, words in message) == ("ValidationException", True)
