"""Scoring in batch: one line in, one line out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainyard.job import Job


def transform_job(job: Job, model: str, lines: str) -> dict[str, Any]:
    """Return the CreateTransformJob, without its name.

    Args:
        job: the scoring; its place gets the answers.
        model: the name of the SageMaker model.
        lines: the URI of SageMaker's manifest of the JSON Lines files to score.
    """
    settings, compute = job.settings, job.spec.serving.scoring
    return {
        "ModelName": model,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": lines}},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": job.place.folder("scores"),
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
            "KmsKeyId": settings.kms_key,
        },
        "TransformResources": {
            "InstanceType": job.instance_type("score", compute.instance_type),
            "InstanceCount": compute.instance_count,
            "VolumeKmsKeyId": settings.kms_key,
        },
        "Tags": job.tag_list,
    }
