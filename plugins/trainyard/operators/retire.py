"""Delete the endpoint configs and models of old versions, after looking at every endpoint that could use them."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call, listed
from trainyard.names import aws_name
from trainyard.retention import Config, orphaned, outdated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainyard.aws.clients import Aws

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retired:
    """What makes room: the names of endpoint configs, and of the models that only they used."""

    endpoint_configs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


def retire(aws: Aws, model: str, keep: int) -> Retired:
    """Delete what is outdated of a model; return what is gone."""
    client = aws.client("sagemaker")
    retired = dispensable(client, model, keep)
    for config in retired.endpoint_configs:
        log.info("Deleting the endpoint config %s.", config)
        with suppress(Absent):
            call(client, "delete_endpoint_config", config, EndpointConfigName=config)
    for name in retired.models:
        log.info("Deleting the model %s.", name)
        with suppress(Absent):
            call(client, "delete_model", name, ModelName=name)
    return retired


def dispensable(client: Any, model: str, keep: int) -> Retired:
    """Return what of a model is outdated.

    SageMaker deletes a config that an endpoint uses without a word, and that endpoint can then not be updated any more.
    So every endpoint of the account is asked which config it serves and which one it is on its way to; but only when
    there are more configs than are kept.
    """
    configs = list(_configs(client, f"{aws_name(model)}-v"))
    if len(configs) <= keep:
        return Retired()
    gone = [replace(config, models=_models(client, config)) for config in outdated(configs, _in_use(client), keep)]
    names = {config.name for config in gone}
    left = [replace(config, models=_models(client, config)) for config in configs if config.name not in names]
    return Retired(tuple(sorted(names)), tuple(orphaned(gone, left)))


def _configs(client: Any, head: str) -> Iterator[Config]:
    for item in listed(client, "list_endpoint_configs", "EndpointConfigs", head, NameContains=head):
        if item["EndpointConfigName"].startswith(head):
            yield Config(item["EndpointConfigName"], item["CreationTime"].timestamp())


def _in_use(client: Any) -> set[str]:
    used: set[str] = set()
    for item in listed(client, "list_endpoints", "Endpoints", "all endpoints"):
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
