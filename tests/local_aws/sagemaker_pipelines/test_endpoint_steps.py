"""EndpointConfig and Endpoint steps: a pipeline that puts a model live, and says when it does not come up."""

import json
from typing import Any

import pytest

from tests.local_aws.sagemaker_hosting.support import SERVE, archive
from tests.local_aws.sagemaker_jobs.support import PYTHON
from tests.local_aws.sagemaker_pipelines.support import Pipelines, get, join


def steps(pipelines: Pipelines, endpoint: str, **model: Any) -> list[dict[str, Any]]:
    """A model of the tests' server, a config of it, and an endpoint of that."""
    packed = archive({"model.json": json.dumps(model).encode(), "code/serve": SERVE.read_bytes()})
    data = pipelines.put(f"models/{pipelines.name('model')}.tar.gz", packed)
    made = {"PrimaryContainer": {"Image": PYTHON, "ModelDataUrl": data}, "ExecutionRoleArn": pipelines.role}
    variant = {
        "VariantName": "live",
        "ModelName": get("Steps.Create.ModelName"),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    name = join(endpoint, get("Execution.PipelineExecutionId"), on="-")
    config = {"EndpointConfigName": name, "ProductionVariants": [variant]}
    put = {"EndpointName": endpoint, "EndpointConfigName": get("Steps.Configure.EndpointConfigName")}
    return [
        {"Name": "Create", "Type": "Model", "Arguments": made},
        {"Name": "Configure", "Type": "EndpointConfig", "Arguments": config},
        {"Name": "Deploy", "Type": "Endpoint", "Arguments": put},
    ]


def answered(pipelines: Pipelines, endpoint: str) -> str:
    """The version that answers."""
    runtime = pipelines.aws.client("sagemaker-runtime")
    return str(json.loads(runtime.invoke_endpoint(EndpointName=endpoint, Body=b"hello")["Body"].read())["version"])


def test_an_endpoint_is_made_then_updated_and_kept_when_the_next_model_does_not_come_up(pipelines: Pipelines) -> None:
    endpoint = pipelines.name("served")
    for version in ("1", "2"):
        execution, done = pipelines.ran(*steps(pipelines, endpoint, version=version))
        assert execution["PipelineExecutionStatus"] == "Succeeded", done
        assert list(done) == ["Create", "Configure", "Deploy"]
        assert ":endpoint-config/" in done["Configure"]["Metadata"]["EndpointConfig"]["Arn"]
        assert done["Deploy"]["Metadata"]["Endpoint"]["Arn"].endswith(f":endpoint/{endpoint}")
        assert answered(pipelines, endpoint) == version
    execution, done = pipelines.ran(*steps(pipelines, endpoint, version="3", fails="load"))
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert done["Deploy"]["StepStatus"] == "Failed"
    assert "The endpoint is InService with the config" in done["Deploy"]["FailureReason"]
    assert answered(pipelines, endpoint) == "2"


def test_a_config_of_somebody_elses_name_is_refused(pipelines: Pipelines) -> None:
    model, config, _ = steps(pipelines, pipelines.name("served"), version="1")
    config["Arguments"]["EndpointConfigName"] = pipelines.name("config")
    assert pipelines.ran(model, config)[0]["PipelineExecutionStatus"] == "Succeeded"
    execution, done = pipelines.ran(model, config)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "Cannot create already existing endpoint configuration" in done["Configure"]["FailureReason"]


@pytest.mark.parametrize(
    ("kind", "arguments", "reason"),
    [
        ("Endpoint", {"EndpointName": "a"}, "needs EndpointConfigName"),
        ("Endpoint", {"EndpointName": "a", "EndpointConfigName": "b", "DeploymentConfig": {}}, "DeploymentConfig"),
        (
            "EndpointConfig",
            {"EndpointConfigName": "a", "ProductionVariants": [], "DataCaptureConfig": {}},
            "DataCaptureConfig",
        ),
    ],
)
def test_what_such_a_step_does_not_take_is_refused_with_its_name(
    pipelines: Pipelines, kind: str, arguments: dict[str, Any], reason: str
) -> None:
    definition = pipelines.definition({"Name": "Step", "Type": kind, "Arguments": arguments})
    code, message = pipelines.refusal("create_pipeline", **pipelines.request(pipelines.name("pipeline"), definition))
    assert code == "ValidationException"
    assert reason in message
