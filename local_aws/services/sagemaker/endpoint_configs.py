"""Endpoint configurations: which models an endpoint runs, on how many instances, with what share of the traffic."""

from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.models import find_model
from local_aws.services.sagemaker.names import arn
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.tags import Tags
from local_aws.state import Record
from local_aws.world import World

TABLE = "sagemaker.endpoint_configs"
_UNSERVED = ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants")
_UNSERVED_IN_VARIANT = (
    "AcceleratorType",
    "CoreDumpConfig",
    "InstancePools",
    "ManagedInstanceScaling",
    "ServerlessConfig",
)


class EndpointConfigs:
    """Configurations, keyed by name; they never change."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._table = world.state.table(TABLE)
        self._tags = Tags(world)

    def create_endpoint_config(self, call: Call) -> dict[str, Any]:
        """Keep a configuration whose models exist."""
        params = dict(call.params)
        name, tags = params["EndpointConfigName"], params.pop("Tags", [])
        self._check(params)
        config_arn = arn(self._world, "endpoint-config", name)
        variants = [{"InitialVariantWeight": 1.0, **variant} for variant in params["ProductionVariants"]]
        record = {**params, "EndpointConfigArn": config_arn, "CreationTime": now(), "ProductionVariants": variants}
        with self._table.lock:
            if name in self._table:
                message = f'Cannot create already existing endpoint configuration "{config_arn}".'
                raise AwsError("ValidationException", message)
            self._table.put(name, record)
        self._tags.put(config_arn, tags)
        return {"EndpointConfigArn": config_arn}

    def describe_endpoint_config(self, call: Call) -> dict[str, Any]:
        """The configuration as it was created."""
        return find_config(self._world, call.params["EndpointConfigName"])

    def list_endpoint_configs(self, call: Call) -> dict[str, Any]:
        """A page of configurations, newest first."""
        return listed("EndpointConfigs", self._table.values(), call.params, name="EndpointConfigName")

    def delete_endpoint_config(self, call: Call) -> None:
        """Forget the configuration, also one in use.

        AWS forbids that in its documentation but lets it happen; the endpoint keeps running on what it was made from.
        """
        with self._table.lock:
            self._tags.forget(find_config(self._world, call.params["EndpointConfigName"])["EndpointConfigArn"])
            self._table.delete(call.params["EndpointConfigName"])

    def _check(self, params: dict[str, Any]) -> None:
        unserved = [name for name in _UNSERVED if name in params]
        names = []
        for variant in params["ProductionVariants"]:
            unserved += [f"ProductionVariants.{name}" for name in _UNSERVED_IN_VARIANT if name in variant]
            names.append(variant["VariantName"])
        if unserved:
            raise AwsError("NotImplemented", f"local_aws does not serve {', '.join(unserved)} of an endpoint", 501)
        if len(set(names)) < len(names):
            raise AwsError("ValidationException", "Production variant names must be unique within an endpoint config.")
        for variant in params["ProductionVariants"]:
            if "ModelName" not in variant or "InstanceType" not in variant or "InitialInstanceCount" not in variant:
                message = f"Production variant {variant['VariantName']} needs ModelName, InstanceType and"
                raise AwsError("ValidationException", f"{message} InitialInstanceCount.")
            find_model(self._world, variant["ModelName"])


def find_config(world: World, name: str) -> Record:
    """The record of a configuration.

    :raises AwsError: ``ValidationException`` when there is none.
    """
    record = world.state.table(TABLE).get(name)
    if record is None:
        config_arn = arn(world, "endpoint-config", name)
        raise AwsError("ValidationException", f'Could not find endpoint configuration "{config_arn}".')
    return record
