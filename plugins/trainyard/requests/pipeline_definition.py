"""A model's training as a SageMaker pipeline: from examples to a version in the registry and, if told, a live endpoint.

For teams whose training is at home in SageMaker. The steps are made by the functions that make the DAG's requests, from
the same ``ModelSpec``: what differs between the two is who waits. The gate is no part of it: a pipeline cannot look up
what is live, so a version is registered as ``PendingManualApproval`` and judged by a DAG (``steps.adopt_version``),
unless the execution's ``ModelApprovalStatus`` says ``Approved``; only then it goes live.

The steps' types and what each takes: the JSON schema of pipeline definitions (version 2020-12-01); of EndpointConfig
and Endpoint, which botocore's PipelineExecutionStepMetadata names: ``EndpointConfigStep`` and ``EndpointStep`` of the
SageMaker SDK.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.errors import SpecError
from trainyard.job import Job
from trainyard.names import aws_name
from trainyard.paths import Place
from trainyard.requests import endpoint, registry
from trainyard.requests.definition_values import bind, figure, get, joined, mark
from trainyard.requests.processing import evaluation_job
from trainyard.requests.training import encode, training_job
from trainyard.run import Run

if TYPE_CHECKING:
    from trainyard.settings import Settings
    from trainyard.spec import ModelSpec

VERSION = "2020-12-01"
PENDING, APPROVED = "PendingManualApproval", "Approved"
_UNJUDGED = "trained by a pipeline, which compares it with nothing"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ARTIFACT = "Steps.Train.ModelArtifacts.S3ModelArtifacts"
_PACKAGE = "Steps.Register.ModelPackageArn"
_NUMBER = "Steps.Register.ModelPackageVersion"

#: The parameters that every definition has and nobody can leave out, with what stands for each in a DAG.
REQUIRED = {
    "Partition": "{partition}",
    "Code": "{code}",
    "CodeVersion": "{code_version}",
    "Output": "{output}",
    "Examples": "{examples}",
    "Manifest": "{manifest}",
    "ManifestDigest": "{digest}",
}


@dataclass(frozen=True)
class _Below(Place):
    """A place below the execution's own: its parameter ``Output``, which ends in ``/``."""

    @property
    def uri(self) -> str:
        """The prefix as a URI, with the ``/`` at its end."""
        return f"{mark('Parameters.Output')}{self.step}/"


def pipeline(spec: ModelSpec, settings: Settings, role: str) -> dict[str, Any]:
    """Return the CreatePipeline, whose token is made of the definition; UpdatePipeline takes neither token nor tags.

    Args:
        spec: the model.
        settings: the account.
        role: the ARN of the role that the pipeline runs as: it starts jobs and passes them theirs.

    Raises:
        SpecError: as ``definition`` does.
    """
    text = json.dumps(definition(spec, settings), sort_keys=True)
    return {
        "PipelineName": aws_name(spec.name),
        "PipelineDescription": f"Trains {spec.name}, registers it and, where it is told to, puts it live.",
        "PipelineDefinition": text,
        "RoleArn": role,
        "ClientRequestToken": sha256(f"{spec.name}\n{role}\n{text}".encode()).hexdigest(),
        "Tags": [{"Key": "trainyard:model", "Value": spec.name}],
    }


def definition(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    """Return the definition: Train, Evaluate, Register and, when approved, CreateModel, ConfigureEndpoint, Deploy.

    Its parameters are those of ``REQUIRED``, one for each further input channel (``Channel_train``), ``Encoding`` where
    the model's scores go to the warehouse, each hyperparameter under its own name, and ``ModelApprovalStatus``.

    Raises:
        SpecError: for a hyperparameter whose name is none for a parameter.
    """
    live = [_create_model(spec, settings), _configure(spec, settings), _deploy(spec)]
    approved = {"Type": "Equals", "LeftValue": get("Parameters.ModelApprovalStatus"), "RightValue": APPROVED}
    condition = {"Conditions": [approved], "IfSteps": live, "ElseSteps": []}
    return {
        "Version": VERSION,
        "Parameters": _parameters(spec),
        "Steps": [
            _train(spec, settings),
            _evaluate(spec, settings),
            _register(spec, settings),
            {"Name": "IfApproved", "Type": "Condition", "Arguments": condition, "DependsOn": ["Register"]},
        ],
    }


def inputs(spec: ModelSpec) -> dict[str, str]:
    """Return the parameters as ``run_pipeline`` takes them: from the run, and from what ``build_examples`` returned."""
    return REQUIRED | {_channel(name): f"{{channels.{name}}}" for name in _channels(spec)} | _encoding(spec)


def _parameters(spec: ModelSpec) -> list[dict[str, Any]]:
    training = spec.training
    values = {name: encode(value, script=training.script) for name, value in training.hyperparameters.items()}
    needed = inputs(spec)
    for name in values:
        if not _NAME.fullmatch(name) or name in needed:
            raise SpecError(f"Training.hyperparameters of {spec.name}: {name!r} cannot be a pipeline's parameter.")
    status = {
        "Name": "ModelApprovalStatus",
        "Type": "String",
        "DefaultValue": PENDING,
        "EnumValues": [PENDING, APPROVED],
    }
    return [
        *({"Name": name, "Type": "String"} for name in needed),
        *({"Name": name, "Type": "String", "DefaultValue": value} for name, value in values.items()),
        status,
    ]


def _channels(spec: ModelSpec) -> list[str]:
    return [name for name in spec.training.channels if name != "examples"]


def _channel(name: str) -> str:
    return f"Channel_{name}"


def _encoding(spec: ModelSpec) -> dict[str, str]:
    return {"Encoding": "{encoding}"} if spec.scores else {}


def _job(spec: ModelSpec, settings: Settings, step: str) -> Job:
    """Return a step's job, with marks for what only the execution knows."""
    partition = mark("Parameters.Partition")
    run = Run(
        model=spec.name,
        partition=partition,
        partition_end="",
        bucket=settings.bucket,
        code_version=mark("Parameters.CodeVersion"),
        code_prefix=mark("Parameters.Code"),
        run_type="pipeline",
        release=False,
        release_reason="",
    )
    return Job(
        name=f"{aws_name(spec.name)}-{mark('Execution.PipelineExecutionId')}",
        place=_Below(settings.bucket, spec.name, partition, step, ""),
        spec=spec,
        settings=settings,
        run=run,
        inputs={},
        tags={"trainyard:bucket": settings.bucket, "trainyard:model": spec.name},
    )


def _step(name: str, kind: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments} | more


def _train(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    channels = {name: mark(f"Parameters.{_channel(name)}") for name in _channels(spec)}
    examples = {"examples": mark("Parameters.Examples"), "channels": channels}
    chosen = spec.training.hyperparameters
    arguments = bind(training_job(_job(spec, settings, "train"), examples, chosen))
    arguments["HyperParameters"] |= {name: get(f"Parameters.{name}") for name in chosen}
    return _step("Train", "Training", arguments)


def _evaluate(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    # The file's name in the container is the last part of its URI, which is known only when it has been made.
    artifact = mark(_ARTIFACT)
    request = evaluation_job(_job(spec, settings, "evaluate"), mark("Parameters.Examples"), artifact, {})
    told = request["AppSpecification"]
    told["ContainerArguments"] = [text.replace(artifact, "model.tar.gz") for text in told["ContainerArguments"]]
    file = {"PropertyFileName": "Evaluation", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    return _step("Evaluate", "Processing", bind(request), PropertyFiles=[file])


def _register(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    job = _job(spec, settings, "evaluate")
    origin = {
        "partition": job.run.partition,
        "code_version": job.run.code_version,
        "manifest": mark("Parameters.Manifest"),
        "manifest_digest": mark("Parameters.ManifestDigest"),
        "training_job": mark("Steps.Train.TrainingJobName"),
        "pipeline_execution": mark("Execution.PipelineExecutionArn"),
        "reason": _UNJUDGED,
        "encoding": mark("Parameters.Encoding") if spec.scores else "",
    }
    evaluation = f"{job.place.uri}evaluation.json"
    request = registry.package(
        job, artifact=mark(_ARTIFACT), approved=False, reason=_UNJUDGED, evaluation=evaluation, metadata=origin
    )
    del request["ClientToken"]  # Pipelines has its own
    arguments = bind(request) | {"ModelApprovalStatus": get("Parameters.ModelApprovalStatus")}
    metric = spec.gate.metric
    arguments["CustomerMetadataProperties"] |= {
        f"{who}:{metric}": figure("Evaluate", "Evaluation", who, metric) for who in ("challenger", "baseline")
    }
    return _step("Register", "RegisterModel", arguments, DependsOn=["Evaluate"])


def _version() -> endpoint.Version:
    return endpoint.Version(package=mark(_PACKAGE), number=0, partition=mark("Parameters.Partition"))


def _create_model(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    request = endpoint.model(_job(spec, settings, "deploy"), _version())
    del request["ModelName"]  # Pipelines makes one
    arguments = bind(request)
    arguments["PrimaryContainer"]["Environment"][endpoint.VERSION_VARIABLE] = joined(get(_NUMBER))
    return _step("CreateModel", "Model", arguments)


def _configure(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    request = endpoint.endpoint_config(_job(spec, settings, "deploy"), _version())
    name = f"{aws_name(spec.name)}-v{mark(_NUMBER)}-{mark('Execution.PipelineExecutionId')}"
    arguments = bind(request | {"EndpointConfigName": name})
    arguments["ProductionVariants"][0]["ModelName"] = get("Steps.CreateModel.ModelName")
    return _step("ConfigureEndpoint", "EndpointConfig", arguments)


def _deploy(spec: ModelSpec) -> dict[str, Any]:
    config = get("Steps.ConfigureEndpoint.EndpointConfigName")
    return _step("Deploy", "Endpoint", {"EndpointName": spec.serving.endpoint, "EndpointConfigName": config})
