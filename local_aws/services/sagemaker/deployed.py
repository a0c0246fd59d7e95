"""What an endpoint is made from, kept with the endpoint.

AWS lets models and configurations be deleted while endpoints run them; so an endpoint keeps its own copy, from which
it is started again after a restart. The record: ``{"Config", "Models": {name: model}, "Variants": {name: {"Weight",
"InstanceCount"}}, "Images": {image: digest}}``, where Variants holds what may change while the configuration stays.
"""

from collections.abc import Iterable
from typing import Any

from local_aws.containers.images import image_for
from local_aws.services.sagemaker.endpoint_configs import find_config
from local_aws.services.sagemaker.fleets import VariantPlan
from local_aws.services.sagemaker.models import definition_of, find_model
from local_aws.services.sagemaker.records import now
from local_aws.state import Record
from local_aws.world import World


def snapshot(world: World, config_name: str) -> Record:
    """The configuration and its models as they are now.

    :raises AwsError: ``ValidationException`` when one of them does not exist.
    """
    config = find_config(world, config_name)
    variants = config["ProductionVariants"]
    models = {variant["ModelName"]: find_model(world, variant["ModelName"]) for variant in variants}
    return {
        "Config": config,
        "Models": models,
        "Variants": {
            variant["VariantName"]: {
                "Weight": variant["InitialVariantWeight"],
                "InstanceCount": variant["InitialInstanceCount"],
            }
            for variant in variants
        },
        "Images": {image: image_for(image).digest for image in _images(models.values())},
        "ResolutionTime": now(),
    }


def retain(new: Record, live: Record, excluded: list[str]) -> None:
    """RetainAllVariantProperties: carry over weights, counts and capture settings, but for the excluded ones."""
    for name, values in new["Variants"].items():
        former = live["Variants"].get(name, values)
        for key, kind in (("Weight", "DesiredWeight"), ("InstanceCount", "DesiredInstanceCount")):
            if kind not in excluded:
                values[key] = former[key]
    if "DataCaptureConfig" not in excluded and "DataCaptureConfig" in live["Config"]:
        new["Config"]["DataCaptureConfig"] = live["Config"]["DataCaptureConfig"]


def plans(deployed: Record) -> list[VariantPlan]:
    """The variants as they are to run."""
    return [
        VariantPlan(
            name=variant["VariantName"],
            model_name=variant["ModelName"],
            definition=definition_of(deployed["Models"][variant["ModelName"]]),
            instance_count=deployed["Variants"][variant["VariantName"]]["InstanceCount"],
            weight=deployed["Variants"][variant["VariantName"]]["Weight"],
            startup_seconds=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", VariantPlan.startup_seconds),
        )
        for variant in deployed["Config"]["ProductionVariants"]
    ]


def capacity(deployed: Record) -> int:
    """How many instances it asks for, over all variants."""
    return sum(values["InstanceCount"] for values in deployed["Variants"].values())


def summaries(deployed: Record, *, running: bool, status: str | None = None) -> list[dict[str, Any]]:
    """The variants as DescribeEndpoint shows them.

    :param running: whether the instances are up.
    :param status: what is being done with them (``Creating``, ``Baking``...), if anything.
    """
    shown = []
    for plan in plans(deployed):
        summary: dict[str, Any] = {
            "VariantName": plan.name,
            "DeployedImages": [_image(plan.definition.image, deployed)],
            "CurrentWeight": plan.weight,
            "DesiredWeight": plan.weight,
            "CurrentInstanceCount": plan.instance_count if running else 0,
            "DesiredInstanceCount": plan.instance_count,
        }
        if status:
            summary["VariantStatus"] = [{"Status": status, "StartTime": now()}]
        shown.append(summary)
    return shown


def capture_summary(deployed: Record) -> dict[str, Any] | None:
    """DataCaptureConfig as DescribeEndpoint shows it."""
    config = deployed["Config"].get("DataCaptureConfig")
    if config is None:
        return None
    enabled = config.get("EnableCapture", False)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def _images(models: Iterable[Record]) -> set[str]:
    return {definition_of(model).image for model in models}


def _image(uri: str, deployed: Record) -> dict[str, Any]:
    """An image and what it was resolved to: here the digest of what stands for it."""
    repository = uri.partition("@")[0].rpartition(":")[0] or uri
    digest = deployed.get("Images", {}).get(uri) or image_for(uri).digest
    at = deployed["ResolutionTime"]
    return {"SpecifiedImage": uri, "ResolvedImage": f"{repository}@sha256:{digest}", "ResolutionTime": at}
