"""The evaluation as a processing job: challenger and champion on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.images import image_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job

_INPUT = "/opt/ml/processing/input"
_OUTPUT = "/opt/ml/processing/output"


def evaluation_job(job: Job, examples: str, challenger: str, champion: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CreateProcessingJob, without its name.

    Args:
        job: the evaluation; its place gets ``evaluation.json``.
        examples: the URI of SageMaker's manifest of the examples.
        challenger: the URI of the new model's ``model.tar.gz``.
        champion: what is live: its ``artifact``, and the ``encoding`` that it was trained with; empty when nothing is.
    """
    settings = job.settings
    inputs = [*_code(job), _input("examples", examples, "ManifestFile")]
    arguments = ["--examples", f"{_INPUT}/examples"]
    models = {
        "challenger": challenger,
        "champion": champion.get("artifact"),
        "champion-encoding": champion.get("encoding"),
    }
    for name, uri in models.items():
        if uri:
            inputs.append(_input(name, uri, "S3Prefix"))
            arguments += [f"--{name}", f"{_INPUT}/{name}/{uri.rpartition('/')[2]}"]
    output = {"S3Uri": job.place.uri, "LocalPath": _OUTPUT, "S3UploadMode": "EndOfJob"}
    network = {"NetworkConfig": {"VpcConfig": settings.vpc}} if settings.vpc else {}
    return network | {
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "evaluation", "S3Output": output}],
            "KmsKeyId": settings.kms_key,
        },
        "ProcessingResources": {"ClusterConfig": _machines(job)},
        "StoppingCondition": {"MaxRuntimeInSeconds": job.spec.evaluation.seconds},
        "AppSpecification": {
            "ImageUri": image_uri(job.spec.training.image, settings.region, settings.account),
            "ContainerEntrypoint": _program(job.spec.training.evaluate),
            "ContainerArguments": [*arguments, "--output", _OUTPUT],
        },
        "RoleArn": settings.roles.processing,
        "Tags": job.tag_list,
    }


def _is_script(evaluate: str) -> bool:
    return evaluate.endswith(".py")


def _code(job: Job) -> list[dict[str, Any]]:
    """Return the input of the training's folder; a program of the image needs none, and its model may have none."""
    training = job.spec.training
    code = f"{job.run.code_prefix}training_jobs/{training.folder}/"
    return [_input("code", code, "S3Prefix")] if _is_script(training.evaluate) else []


def _program(evaluate: str) -> list[str]:
    return ["python3", f"{_INPUT}/code/{evaluate}"] if _is_script(evaluate) else [evaluate]


def _machines(job: Job) -> dict[str, Any]:
    compute = job.spec.evaluation
    return {
        "InstanceCount": compute.instance_count,
        "InstanceType": job.instance_type("evaluate", compute.instance_type),
        "VolumeSizeInGB": compute.volume_gb,
        "VolumeKmsKeyId": job.settings.kms_key,
    }


def _input(name: str, uri: str, data_type: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{_INPUT}/{name}",
            "S3DataType": data_type,
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }
