"""What serves a model: the SageMaker model, the endpoint config and the endpoint.

Models and configs are named by what is in them, so making them twice is a no-op and an endpoint that already has the
wanted config needs nothing done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainyard.names import content_name
from trainyard.requests.registry import container_environment

if TYPE_CHECKING:
    from trainyard.job import Job

VERSION_VARIABLE = "TRAINYARD_MODEL_VERSION"


@dataclass(frozen=True)
class Version:
    """One version in the registry."""

    package: str  # ARN
    number: int
    partition: str


def model(job: Job, version: Version) -> dict[str, Any]:
    """Return the CreateModel of a version."""
    request: dict[str, Any] = {
        "PrimaryContainer": {
            "ModelPackageName": version.package,
            "Environment": container_environment(job) | {VERSION_VARIABLE: str(version.number)},
        },
        "ExecutionRoleArn": job.settings.roles.hosting,
        "EnableNetworkIsolation": False,
    }
    if job.settings.vpc:
        request["VpcConfig"] = job.settings.vpc
    return _named("ModelName", f"{job.spec.name}-v{version.number}", request) | {"Tags": job.tag_list}


def endpoint_config(job: Job, version: Version) -> dict[str, Any]:
    """Return the CreateEndpointConfig of a version."""
    compute = job.spec.serving.compute
    request = {
        "ProductionVariants": [
            {
                "VariantName": "live",
                "ModelName": model(job, version)["ModelName"],
                "InstanceType": job.instance_type("deploy", compute.instance_type),
                "InitialInstanceCount": compute.instance_count,
                "InitialVariantWeight": 1.0,
            }
        ],
        "KmsKeyId": job.settings.kms_key,
    }
    return _named("EndpointConfigName", f"{job.spec.name}-v{version.number}", request) | {"Tags": job.tag_list}


def endpoint(job: Job, config: str) -> dict[str, Any]:
    """Return the parameters that CreateEndpoint and UpdateEndpoint share."""
    return {"EndpointName": job.spec.serving.endpoint, "EndpointConfigName": config}


def _named(key: str, head: str, request: dict[str, Any]) -> dict[str, Any]:
    return {key: content_name(head, json.dumps(request, sort_keys=True))} | request
