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
        lines: the URI of SageMaker's manifest of the files to score, a request a line.
    """
    settings, serving = job.settings, job.spec.serving
    compute, content_type = serving.scoring, serving.batch_content_type
    request: dict[str, Any] = {
        "ModelName": model,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": lines}},
            "ContentType": content_type,
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": job.place.folder("scores"),
            "Accept": content_type,
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
    limits = {"MaxPayloadInMB": serving.max_payload_mb, "MaxConcurrentTransforms": serving.concurrent}
    request |= {name: value for name, value in limits.items() if value is not None}
    if job.spec.scores:
        # The key goes around the model: cut off before it is asked, joined to its answer afterwards, line by line.
        request["DataProcessing"] = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    return request
