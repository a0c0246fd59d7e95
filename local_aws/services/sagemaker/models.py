"""CreateModel and its kin: what a model is made of, checked as early as AWS checks it."""

from typing import Any

from local_aws.containers.images import image_for
from local_aws.containers.serving import ContainerDefinition
from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.model_sources import model_data_uri, require_model_data
from local_aws.services.sagemaker.names import arn
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.registry import inference_containers
from local_aws.services.sagemaker.tags import Tags
from local_aws.state import Record
from local_aws.world import World

TABLE = "sagemaker.models"


class Models:
    """Models; nothing runs yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._table = world.state.table(TABLE)
        self._tags = Tags(world)

    def create_model(self, call: Call) -> dict[str, Any]:
        """Keep a model whose image and model data were found.

        An inference pipeline of one container is that container; longer ones are refused.
        """
        params = dict(call.params)
        name, tags = params["ModelName"], params.pop("Tags", [])
        container = resolve_container(self._world, _only_container(params))
        model_arn = arn(self._world, "model", name)
        with self._table.lock:
            if name in self._table:
                raise AwsError("ValidationException", f'Cannot create already existing model "{model_arn}".')
            record = {**params, "ModelArn": model_arn, "CreationTime": now(), "Resolved": container}
            self._table.put(name, record)
        self._tags.put(model_arn, tags)
        return {"ModelArn": model_arn}

    def describe_model(self, call: Call) -> dict[str, Any]:
        """The model as it was created."""
        return find_model(self._world, call.params["ModelName"])

    def list_models(self, call: Call) -> dict[str, Any]:
        """A page of models, newest first."""
        return listed("Models", self._table.values(), call.params, name="ModelName")

    def delete_model(self, call: Call) -> None:
        """Forget the model. Endpoints that run it keep running, as on AWS; its data stay."""
        with self._table.lock:
            self._tags.forget(find_model(self._world, call.params["ModelName"])["ModelArn"])
            self._table.delete(call.params["ModelName"])


def find_model(world: World, name: str) -> Record:
    """The record of a model.

    :raises AwsError: ``ValidationException`` when there is none.
    """
    record = world.state.table(TABLE).get(name)
    if record is None:
        raise AwsError("ValidationException", f'Could not find model "{arn(world, "model", name)}".')
    return record


def definition_of(model: Record) -> ContainerDefinition:
    """What a container of this model is started with."""
    resolved = model["Resolved"]
    return ContainerDefinition(
        image=resolved["Image"],
        model_data=resolved["ModelData"],
        environment=resolved["Environment"],
        role_arn=model.get("ExecutionRoleArn"),
    )


def resolve_container(world: World, container: dict[str, Any]) -> Record:
    """Image, model data and environment of a container definition, from the registry where it names a package.

    :raises AwsError: ``ValidationException`` for an unknown image, missing model data or a part that is not served.
    """
    environment = container.get("Environment", {})
    if "ModelPackageName" in container:
        [packaged] = inference_containers(world, container["ModelPackageName"])
        container = {**container, **packaged}
        environment = {**packaged.get("Environment", {}), **environment}
    _refuse_unserved(container)
    if "Image" not in container:
        raise AwsError("ValidationException", "You must specify either an Image or a ModelPackageName for a container.")
    image_for(container["Image"])
    model_data = model_data_uri(container)
    if model_data:
        require_model_data(world.objects, model_data)
    return {"Image": container["Image"], "ModelData": model_data, "Environment": environment}


def _only_container(params: dict[str, Any]) -> dict[str, Any]:
    containers = params.get("Containers", [])
    if ("PrimaryContainer" in params) == bool(containers):
        raise AwsError("ValidationException", "You must specify either PrimaryContainer or Containers, and not both.")
    if len(containers) > 1:
        pipeline = f"this inference pipeline has {len(containers)}"
        raise AwsError("NotImplemented", f"local_aws serves models of one container; {pipeline}", 501)
    return dict(params.get("PrimaryContainer") or containers[0])


def _refuse_unserved(container: dict[str, Any]) -> None:
    unserved: list[str] = [name for name in ("MultiModelConfig", "AdditionalModelDataSources") if name in container]
    if container.get("Mode") == "MultiModel":
        unserved.append("Mode=MultiModel")
    if unserved:
        raise AwsError("NotImplemented", f"local_aws does not serve {', '.join(unserved)} of a container", 501)
