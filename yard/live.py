"""What is live: the endpoint, the version and partition that it serves, and an answer of it."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from yard.clients import Aws

_VERSION_VARIABLE = "TRAINYARD_MODEL_VERSION"


@dataclass(frozen=True)
class Live:
    """An endpoint and what serves behind it."""

    endpoint: str
    status: str
    config: str
    model_version: str = ""
    model_package: str = ""
    partition: str = ""


def endpoints(aws: Aws) -> list[Live]:
    """Every endpoint there is, by name."""
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_endpoints").paginate(SortBy="Name", SortOrder="Ascending")
    return [live for page in pages for item in page["Endpoints"] if (live := describe(aws, item["EndpointName"]))]


def describe(aws: Aws, endpoint: str) -> Live | None:
    """What serves behind an endpoint; None when there is no such endpoint."""
    sagemaker = aws.client("sagemaker")
    try:
        found = sagemaker.describe_endpoint(EndpointName=endpoint)
        config = found["EndpointConfigName"]
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        container = sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]
    except ClientError as error:
        if "Could not find" in str(error):
            return None
        raise
    package = container.get("ModelPackageName", "")
    known = sagemaker.describe_model_package(ModelPackageName=package) if package else {}
    version = container.get("Environment", {}).get(_VERSION_VARIABLE) or known.get("ModelPackageVersion", "")
    partition = known.get("CustomerMetadataProperties", {}).get("partition", "")
    return Live(endpoint, found["EndpointStatus"], config, str(version), package, partition)


def ask(aws: Aws, endpoint: str, request: Any) -> Any:
    """The answer of an endpoint, or ``{"error": ...}``: a report tells both.

    :param request: a text is sent as CSV and answered so, everything else as JSON.
    """
    as_csv = isinstance(request, str)
    kind, body = ("text/csv", request) if as_csv else ("application/json", json.dumps(request))
    try:
        answer = aws.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType=kind, Accept=kind, Body=body
        )
        said = answer["Body"].read().decode()
        return said.strip() if as_csv else json.loads(said)
    except (ClientError, BotoCoreError, ValueError) as error:
        return {"error": str(error)}
