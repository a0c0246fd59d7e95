"""What is live: from the endpoint, through its config and model, to the version in the registry."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call
from trainyard.errors import CallRefused, RolledBack

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
    return Live(
        endpoint=endpoint,
        endpoint_config=config,
        model_package=package,
        model_version=int(found["ModelPackageVersion"]),
        partition=str(found.get("CustomerMetadataProperties", {}).get("partition", "")),
        artifact=str(found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]),
    )


def ask(aws: Aws, endpoint: str, request: dict[str, Any]) -> dict[str, Any]:
    """Send one request to an endpoint and return its answer."""
    reply = call(aws.client("sagemaker-runtime"), "invoke_endpoint", endpoint, EndpointName=endpoint,
                 ContentType="application/json", Accept="application/json", Body=json.dumps(request))  # fmt: skip
    answer: dict[str, Any] = json.loads(reply["Body"].read())
    return answer


def require_version(aws: Aws, endpoint: str, request: dict[str, Any], version: int) -> dict[str, Any]:
    """Ask the endpoint, and return its answer if the version asked for is the version that answered.

    Raises:
        RolledBack: when another one answered.
    """
    answer = ask(aws, endpoint, request)
    if str(answer.get("model_version")) != str(version):
        reason = f"asked for version {version}, but version {answer.get('model_version')} answered"
        raise RolledBack(service="sagemaker", call="InvokeEndpoint", about=endpoint, reason=reason)
    return answer
