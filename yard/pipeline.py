"""``yard pipeline``: a model's training as a SageMaker pipeline, made of the specification that its DAG has."""

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from trainyard.requests.pipeline_definition import pipeline
from trainyard.settings import Settings
from trainyard.spec import ModelSpec
from yard import environment, say
from yard.backfill.pipeline import read
from yard.clients import Aws
from yard.home import Home
from yard.session import attach


def make(home: Home, model: str, output: Path | None) -> None:
    """Write the definition to a file or, without one, bring the pipeline in SageMaker to it.

    :raises YardError: when nothing is up, or the model's DAG cannot be read.
    """
    session = attach(home)
    spec = read(session, model).spec
    wanted = _request(spec, session.outputs)
    if output is not None:
        output.write_text(json.dumps(json.loads(wanted["PipelineDefinition"]), indent=2) + "\n")
        say.done(f"{output}: the definition; nothing was created.")
        return
    done, name = bring(session.aws, spec, session.outputs), wanted["PipelineName"]
    say.done({"created": f"The pipeline {name} is there.", "updated": f"The pipeline {name} has a new definition.",
              "unchanged": f"The pipeline {name} is as its model says already."}[done])  # fmt: skip


def bring(aws: Aws, spec: ModelSpec, outputs: dict[str, str]) -> str:
    """Create the pipeline of a model, or update it when its definition or role is another.

    :param outputs: of the CloudFormation stack.
    :returns: ``created``, ``updated`` or ``unchanged``.
    """
    sagemaker, wanted = aws.client("sagemaker"), _request(spec, outputs)
    known = _described(sagemaker, wanted["PipelineName"])
    if known is None:
        sagemaker.create_pipeline(**wanted)
        return "created"
    said = ("PipelineDefinition", "RoleArn", "PipelineDescription")
    if all(known.get(member) == wanted[member] for member in said):
        return "unchanged"
    sagemaker.update_pipeline(PipelineName=wanted["PipelineName"], **{member: wanted[member] for member in said})
    return "updated"


def _request(spec: ModelSpec, outputs: dict[str, str]) -> dict[str, Any]:
    settings = Settings.from_json(environment.variable(outputs))
    return pipeline(spec, settings, outputs["SageMakerPipelineRoleArn"])


def _described(sagemaker: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = sagemaker.describe_pipeline(PipelineName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFound":
            return None
        raise
    return found
