"""What is live: from the endpoint, through its config and model, to the version in the registry."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call
from trainyard.errors import CallRefused

if TYPE_CHECKING:
    from trainyard.aws.clients import Aws


@dataclass(frozen=True)
class Live:
    """The version that an endpoint serves."""

    endpoint: str
    endpoint_config: str
    model_package: str
    model_version: int
    partition: str
    artifact: str
    encoding: str  # URI of what its Spark job learned from its train rows; empty where it needs none

    def to_json(self) -> dict[str, Any]:
        """Return it as XCom keeps it."""
        return {"live": True} | asdict(self)


def endpoint_now(aws: Aws, endpoint: str) -> dict[str, Any] | None:
    """Describe an endpoint; None when there is none."""
    try:
        return call(aws.client("sagemaker"), "describe_endpoint", endpoint, EndpointName=endpoint)
    except Absent:
        return None


def live_version(aws: Aws, endpoint: str) -> Live | None:
    """Return what an endpoint serves, or None when it serves nothing.

    Raises:
        CallRefused: when it serves something that is not in the registry: nobody knows what that is, so nothing may be
            compared with it, and nothing may replace it unasked.
    """
    described = endpoint_now(aws, endpoint)
    if described is None or described["EndpointStatus"] in ("Failed", "Creating", "Deleting"):
        return None
    client, config = aws.client("sagemaker"), described["EndpointConfigName"]
    variants = call(client, "describe_endpoint_config", config, EndpointConfigName=config)["ProductionVariants"]
    model = variants[0]["ModelName"]
    container = call(client, "describe_model", model, ModelName=model).get("PrimaryContainer", {})
    package = container.get("ModelPackageName")
    if not package:
        raise CallRefused(
            service="sagemaker",
            call="DescribeModel",
            about=model,
            reason=f"endpoint {endpoint} serves a model that is not in the registry",
            remedy="Register that model, or delete the endpoint if it is not needed; then clear the task.",
        )
    found = call(client, "describe_model_package", package, ModelPackageName=package)
    origin = found.get("CustomerMetadataProperties", {})
    return Live(
        endpoint=endpoint,
        endpoint_config=config,
        model_package=package,
        model_version=int(found["ModelPackageVersion"]),
        partition=str(origin.get("partition", "")),
        artifact=str(found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]),
        encoding=str(origin.get("encoding", "")),
    )
