"""Short words for definitions, executions and waiting for their end."""

import json
import uuid
from typing import Any

from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_jobs.support import PYTHON, Jobs, Record, eventually
from tests.support import LocalAwsForTests

ENDED = ("Succeeded", "Failed", "Stopped")


def get(path: str) -> Record:
    """A value that is known only later."""
    return {"Get": path}


def join(*values: Any, on: str = "") -> Record:
    """Values as one text."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def condition(name: str, left: Any, right: Any, kind: str = "GreaterThanOrEqualTo", **branches: list[Record]) -> Record:
    """A condition step."""
    arguments = {
        "Conditions": [{"Type": kind, "LeftValue": left, "RightValue": right}],
        "IfSteps": branches.get("yes", []),
        "ElseSteps": branches.get("no", []),
    }
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def fail(name: str, message: Any = "as told") -> Record:
    """A fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


class Pipelines(Jobs):
    """One local_aws as a person with pipelines to run sees it."""

    def __init__(self, local_aws: LocalAwsForTests) -> None:
        super().__init__(local_aws)
        self.names = 0

    def training(self, name: str, command: str, **more: Any) -> Record:
        """A training step whose container runs a shell command; ``Arguments`` are merged into the request."""
        request = self.training_request("", command, **more.pop("Arguments", {}))
        del request["TrainingJobName"]
        return {"Name": name, "Type": "Training", "Arguments": request, **more}

    def processing(
        self,
        name: str,
        command: str,
        *,
        inputs: dict[str, Any] | None = None,
        outputs: tuple[str, ...] = (),
        **more: Any,
    ) -> Record:
        """A processing step that runs a shell command over ``/opt/ml/processing/<input or output>``."""
        resources = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        arguments = {
            "AppSpecification": {"ImageUri": PYTHON, "ContainerEntrypoint": ["sh", "-c", command]},
            "ProcessingResources": {"ClusterConfig": resources},
            "RoleArn": self.role,
            "ProcessingInputs": [
                {
                    "InputName": key,
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": f"/opt/ml/processing/{key}",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for key, uri in (inputs or {}).items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": key,
                        "S3Output": {
                            "S3Uri": join(self.uri("made"), get("Execution.PipelineExecutionId"), name, key, on="/"),
                            "LocalPath": f"/opt/ml/processing/{key}",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                    for key in outputs
                ]
            },
        }
        return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}

    def definition(self, *steps: Record, parameters: list[Record] | None = None, **more: Any) -> str:
        """A definition as JSON."""
        return json.dumps({"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps), **more})

    def create(self, *steps: Record, parameters: list[Record] | None = None, **more: Any) -> str:
        """A new pipeline's name."""
        name = self.name("pipeline")
        definition = self.definition(*steps, parameters=parameters)
        self.sagemaker.create_pipeline(**self.request(name, definition, **more))
        return name

    def request(self, name: str, definition: str, **more: Any) -> Record:
        """A CreatePipeline."""
        return {
            "PipelineName": name,
            "PipelineDefinition": definition,
            "RoleArn": self.role,
            "ClientRequestToken": uuid.uuid4().hex,
            **more,
        }

    def start(self, pipeline: str, parameters: dict[str, Any] | None = None, **more: Any) -> str:
        """A new execution's ARN."""
        given = [{"Name": name, "Value": str(value)} for name, value in (parameters or {}).items()]
        asked = {"PipelineName": pipeline, "PipelineParameters": given, "ClientRequestToken": uuid.uuid4().hex, **more}
        return str(self.sagemaker.start_pipeline_execution(**asked)["PipelineExecutionArn"])

    def execution(self, arn: str, *states: str) -> Record:
        """The execution as soon as it is in one of the states (default: an end)."""

        def there() -> Record | None:
            found: Record = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            return found if found["PipelineExecutionStatus"] in (states or ENDED) else None

        found: Record = eventually(there)
        return found

    def steps(self, arn: str) -> dict[str, Record]:
        """The steps that have begun, by name, in their order."""
        found = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
        return {step["StepName"]: step for step in found["PipelineExecutionSteps"]}

    def step(self, arn: str, name: str, *states: str) -> Record:
        """The step as soon as it is in one of the states."""

        def there() -> Record | None:
            step = self.steps(arn).get(name)
            return step if step and step["StepStatus"] in states else None

        found: Record = eventually(there)
        return found

    def ran(self, *steps: Record, **more: Any) -> tuple[Record, dict[str, Record]]:
        """A pipeline's execution and its steps when all is over."""
        arn = self.start(self.create(*steps, **more))
        return self.execution(arn), self.steps(arn)

    def refusal(self, method: str, **params: Any) -> tuple[str, str]:
        """Code and message of a call that is refused."""
        try:
            getattr(self.sagemaker, method)(**params)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise AssertionError(f"{method} was not refused")
