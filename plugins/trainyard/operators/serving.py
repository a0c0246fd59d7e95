"""Models and endpoint configs, named by what is in them: making one that is there already is a no-op."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Exists, call
from trainyard.requests import endpoint as requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.aws.clients import Aws
    from trainyard.job import Job


def version_of(registered: Mapping[str, Any]) -> requests.Version:
    """Return the version that the registration's result speaks of."""
    return requests.Version(
        package=registered["model_package"], number=registered["model_version"], partition=registered["partition"]
    )


def ensure_model(job: Job, aws: Aws, version: requests.Version) -> str:
    """Make the SageMaker model of a version, unless it is there. Return its name."""
    return _ensure(aws, "create_model", "ModelName", requests.model(job, version))


def ensure_config(job: Job, aws: Aws, version: requests.Version) -> str:
    """Make the endpoint config of a version, unless it is there. Return its name."""
    ensure_model(job, aws, version)
    return _ensure(aws, "create_endpoint_config", "EndpointConfigName", requests.endpoint_config(job, version))


def _ensure(aws: Aws, method: str, key: str, request: dict[str, Any]) -> str:
    name = str(request[key])
    with suppress(Exists):  # the name is made of the content, so what is there is what is wanted
        call(aws.client("sagemaker"), method, name, **request)
    return name
