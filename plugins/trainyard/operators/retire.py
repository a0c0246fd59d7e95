"""Delete the endpoint configs and models of old versions, after looking at every endpoint that could use them."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call
from trainyard.names import aws_name
from trainyard.retention import Config, orphaned, outdated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainyard.aws.clients import Aws
    from trainyard.spec import ModelSpec

log = logging.getLogger(__name__)


def retire(aws: Aws, spec: ModelSpec) -> dict[str, Any]:
    """Delete what is outdated; return the names of what is gone.

    SageMaker deletes a config that an endpoint uses without a word, and that endpoint can then not be updated any more.
    So every endpoint of the account is asked which config it serves and which one it is on its way to; but only when
    there are more configs than are kept.
    """
    client, keep = aws.client("sagemaker"), spec.serving.keep
    configs = list(_configs(client, f"{aws_name(spec.name)}-v"))
    if len(configs) <= keep:
        return {"endpoint_configs": [], "models": []}
    gone = [replace(config, models=_models(client, config)) for config in outdated(configs, _in_use(client), keep)]
    names = {config.name for config in gone}
    left = [replace(config, models=_models(client, config)) for config in configs if config.name not in names]
    for config in gone:
        log.info("Deleting the endpoint config %s.", config.name)
        with suppress(Absent):
            call(client, "delete_endpoint_config", config.name, EndpointConfigName=config.name)
    models = orphaned(gone, left)
    for model in models:
        log.info("Deleting the model %s.", model)
        with suppress(Absent):
            call(client, "delete_model", model, ModelName=model)
    return {"endpoint_configs": sorted(names), "models": models}


def _configs(client: Any, head: str) -> Iterator[Config]:
    for item in _listed(client, "list_endpoint_configs", "EndpointConfigs", head, NameContains=head):
        if item["EndpointConfigName"].startswith(head):
            yield Config(item["EndpointConfigName"], item["CreationTime"].timestamp())


def _in_use(client: Any) -> set[str]:
    used: set[str] = set()
    for item in _listed(client, "list_endpoints", "Endpoints", "all endpoints"):
        name = item["EndpointName"]
        with suppress(Absent):  # deleted meanwhile
            found = call(client, "describe_endpoint", name, EndpointName=name)
            pending = found.get("PendingDeploymentSummary", {}).get("EndpointConfigName", "")
            used |= {found["EndpointConfigName"], pending}
    return used


def _models(client: Any, config: Config) -> tuple[str, ...]:
    try:
        found = call(client, "describe_endpoint_config", config.name, EndpointConfigName=config.name)
    except Absent:
        return ()
    return tuple(variant["ModelName"] for variant in found["ProductionVariants"] if "ModelName" in variant)


def _listed(client: Any, method: str, key: str, about: str, **params: Any) -> Iterator[dict[str, Any]]:
    while True:
        reply = call(client, method, about, **params)
        yield from reply[key]
        if not reply.get("NextToken"):
            return
        params["NextToken"] = reply["NextToken"]
