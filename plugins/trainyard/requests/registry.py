"""The model registry: every trained model, with what it was made from and whether it may serve."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.images import image_uri
from trainyard.names import aws_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job


def group_name(model: str) -> str:
    """Return the name of a model's package group."""
    return aws_name(model)


def package_group(job: Job) -> dict[str, Any]:
    """Return the CreateModelPackageGroup of a model."""
    return {
        "ModelPackageGroupName": group_name(job.spec.name),
        "ModelPackageGroupDescription": f"Every trained version of {job.spec.name}, with its metrics and its origin.",
        "Tags": [tag for tag in job.tag_list if tag["Key"] == "trainyard:model"],
    }


def package(
    job: Job,
    *,
    artifact: str,
    approved: bool,
    reason: str,
    evaluation: str,
    metadata: Mapping[str, str],
    compared: bool = True,
) -> dict[str, Any]:
    """Return the CreateModelPackage of one version.

    Args:
        job: the registration; its name makes the client token, so that a retry makes no second version.
        artifact: the URI of ``model.tar.gz``.
        approved: the gate's verdict.
        reason: the gate's reason.
        evaluation: the URI of ``evaluation.json``.
        metadata: partition, metrics, checksums, versions: what a person, or ``yard``, asks a version for.
        compared: whether it was compared with the live one; else a person approves it.
    """
    serving = job.spec.serving
    content_types = sorted({serving.content_type, serving.batch_content_type})
    return {
        "ModelPackageGroupName": group_name(job.spec.name),
        "ModelPackageDescription": f"{job.spec.name} of partition {job.run.partition}: {reason}"[:1024],
        "ModelApprovalStatus": _status(approved, compared),
        "ClientToken": sha256(job.name.encode()).hexdigest()[:36],
        "InferenceSpecification": {
            "Containers": [_container(job, artifact)],
            "SupportedContentTypes": content_types,
            "SupportedResponseMIMETypes": content_types,
            "SupportedRealtimeInferenceInstanceTypes": [job.instance_type("deploy", serving.compute.instance_type)],
            "SupportedTransformInstanceTypes": [job.instance_type("score", serving.scoring.instance_type)],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": evaluation}}},
        "CustomerMetadataProperties": _properties(metadata),
    }


def _container(job: Job, artifact: str) -> dict[str, Any]:
    image = image_uri(job.spec.serving.image, job.settings.region, job.settings.account)
    return {"Image": image, "ModelDataUrl": artifact, "Environment": container_environment(job)}


def judgement(
    package: str, *, approved: bool, compared: bool, reason: str, metadata: Mapping[str, str]
) -> dict[str, Any]:
    """Return the UpdateModelPackage by which a version that is there already gets the gate's verdict.

    What the version says of itself beside ``metadata`` stays.

    Args:
        package: the version's ARN.
        approved: the gate's verdict.
        compared: whether it was compared with the live one; else a person approves it.
        reason: the gate's reason.
        metadata: as in ``package``.
    """
    return {
        "ModelPackageArn": package,
        "ModelApprovalStatus": _status(approved, compared),
        "ApprovalDescription": reason[:1024],
        "CustomerMetadataProperties": _properties(metadata),
    }


def _properties(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key: value[:256] for key, value in metadata.items() if value}


def _status(approved: bool, compared: bool) -> str:
    if not approved:
        return "Rejected"
    return "Approved" if compared else "PendingManualApproval"


def container_environment(job: Job) -> dict[str, str]:
    """Return the variables of the container: those by which a framework's finds the code inside ``model.tar.gz``."""
    if not job.spec.serving.script:
        return dict(job.spec.serving.environment)
    script = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    return script | {"SAGEMAKER_REGION": job.settings.region} | dict(job.spec.serving.environment)
