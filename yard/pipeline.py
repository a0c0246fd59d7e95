"""``yard pipeline``: a model's training as a SageMaker pipeline, made of the specification that its DAG has."""

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from trainyard.errors import SettingsError
from trainyard.names import aws_name
from trainyard.requests.pipeline_definition import pipeline
from trainyard.settings import Settings
from trainyard.spec import ModelSpec
from yard import say, target
from yard.backfill.pipeline import read_all
from yard.errors import YardError
from yard.home import Home
from yard.target import Target


def make(
    home: Home, model: str, output: Path | None, *, on_aws: bool = False, stack: str = "", variable: Path | None = None
) -> None:
    """Write the definition to a file or, without one, bring the pipeline in SageMaker to it.

    :param on_aws: in the account that boto3 finds in the environment, else in the local_aws that is up.
    :param stack: its name in the account.
    :param variable: a file with the Airflow Variable, where that says more than the stack's outputs.
    :raises YardError: when nothing is up, there is no stack, or no DAG of that model.
    """
    place = target.find(home, on_aws=on_aws, stack=stack)
    spec, told = _spec(home, model), variable.read_text(encoding="utf-8") if variable else None
    if output is not None:
        wanted = _request(place, spec, told)
        output.write_text(json.dumps(json.loads(wanted["PipelineDefinition"]), indent=2) + "\n")
        say.done(f"{output}: the definition; nothing was created.")
        return
    done, name = bring(place, spec, told), aws_name(spec.name)
    say.done({"created": f"The pipeline {name} is there.", "updated": f"The pipeline {name} has a new definition.",
              "unchanged": f"The pipeline {name} is as its model says already."}[done])  # fmt: skip


def bring(place: Target, spec: ModelSpec, variable: str | None = None) -> str:
    """Create the pipeline of a model, or update it when its definition or role is another.

    :param variable: the Airflow Variable as JSON; by default what the stack's outputs say.
    :returns: ``created``, ``updated`` or ``unchanged``.
    """
    sagemaker, wanted = place.aws.client("sagemaker"), _request(place, spec, variable)
    known = _described(sagemaker, wanted["PipelineName"])
    if known is None:
        sagemaker.create_pipeline(**wanted)
        return "created"
    said = ("PipelineDefinition", "RoleArn", "PipelineDescription")
    if all(known.get(member) == wanted[member] for member in said):
        return "unchanged"
    sagemaker.update_pipeline(PipelineName=wanted["PipelineName"], **{member: wanted[member] for member in said})
    return "updated"


def _spec(home: Home, model: str) -> ModelSpec:
    home.make()
    found = {pipeline.dag_id: pipeline.spec for pipeline in read_all(home)}
    if model not in found:
        raise YardError(
            f"There is no DAG of a model {model!r} that can be imported.", f"Those are there: {', '.join(found)}."
        )
    return found[model]


def _request(place: Target, spec: ModelSpec, variable: str | None) -> dict[str, Any]:
    try:
        settings = Settings.from_json(place.variable if variable is None else variable)
    except SettingsError as error:
        raise YardError(str(error)) from error
    return pipeline(spec, settings, place.outputs["SageMakerPipelineRoleArn"])


def _described(sagemaker: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = sagemaker.describe_pipeline(PipelineName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFound":
            return None
        raise
    return found
