"""What SageMaker, or local_aws, refuses before it accepts a job."""

from collections.abc import Mapping
from typing import Any

from local_aws import moto_bridge
from local_aws.containers.images import Image, image_for
from local_aws.containers.sandbox import CONTAINER_ROOT, has_namespaces
from local_aws.errors import AwsError
from local_aws.services.sagemaker.channels import InputMissing, S3Input
from local_aws.world import World


def invalid(message: str) -> AwsError:
    """A refusal in general."""
    return AwsError("ValidationException", message)


def refuse(params: Mapping[str, Any], reasons: Mapping[str, str]) -> None:
    """Refuse members that would silently do nothing here.

    :param reasons: dotted member -> what is missing; refused when present and neither empty nor false.
    """
    for member, reason in reasons.items():
        value: Any = params
        for part in member.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value:
            raise invalid(f"local_aws does not serve {member}: {reason}.")


def check_role(arn: str) -> None:
    """Refuse a role that IAM does not have."""
    if not moto_bridge.role_exists(arn):
        raise invalid(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role."
        )


def check_instances(count: int) -> None:
    """Refuse more than one instance."""
    if count != 1:
        raise invalid(
            f"local_aws does not serve InstanceCount {count}: it runs one container a job so far. Use InstanceCount 1."
        )


def check_hosts(count: int, *, isolated: bool) -> None:
    """Refuse several instances where their containers could not find one another.

    :param isolated: whether the request takes the network away from them.
    """
    if count > 1 and not has_namespaces():
        raise invalid(
            f"local_aws does not serve InstanceCount {count} on this machine: without mount namespaces, hosts have no "
            "names by which they find one another. Use InstanceCount 1."
        )
    if count > 1 and isolated:
        raise invalid(
            f"local_aws does not serve EnableNetworkIsolation with InstanceCount {count}: a host without a network "
            "would not reach the others. Use InstanceCount 1, or leave the network."
        )


def check_image(uri: str | None, *, has_entrypoint: bool) -> Image:
    """The image, if local_aws has it and knows what to run in it."""
    if not uri:
        raise invalid("local_aws does not serve AlgorithmName: give the TrainingImage of the algorithm.")
    image = image_for(uri)
    if not has_entrypoint and not image.script_mode:
        raise invalid(f"The image {uri} has no entrypoint for training jobs. Give ContainerEntrypoint.")
    return image


def check_local_path(path: str) -> None:
    """Refuse folders of a container that local_aws cannot make private."""
    if not (path == CONTAINER_ROOT or path.startswith(f"{CONTAINER_ROOT}/")) or ".." in path.split("/"):
        raise invalid(f"local_aws does not serve LocalPath {path}: only paths below {CONTAINER_ROOT} are private here.")


def check_channels(world: World, channels: list[dict[str, Any]], default_mode: str, role: str) -> None:
    """Refuse channels that local_aws cannot make, and, as SageMaker does, prefixes under which there is nothing."""
    names = [channel["ChannelName"] for channel in channels]
    if len(names) != len(set(names)):
        raise invalid("Channel names must be unique in InputDataConfig.")
    for channel in channels:
        source = channel["DataSource"].get("S3DataSource")
        if not source:
            raise invalid("local_aws does not serve data sources other than S3DataSource.")
        _check_format(channel, default_mode)
        if source["S3DataType"] == "S3Prefix":
            try:
                S3Input(source["S3Uri"], "S3Prefix", world.region, role).check(world.objects)
            except InputMissing as missing:
                raise invalid(str(missing)) from missing
        elif source["S3DataType"] != "ManifestFile":
            raise invalid(f"local_aws does not serve S3DataType {source['S3DataType']}: use S3Prefix or ManifestFile.")


def _check_format(channel: Mapping[str, Any], default_mode: str) -> None:
    if channel.get("InputMode", default_mode) == "Pipe":
        raise invalid("local_aws does not serve input mode Pipe: use File or FastFile.")
    if channel.get("CompressionType", "None") != "None":
        raise invalid(
            "CompressionType is used only in Pipe input mode, which local_aws does not serve. In File mode leave it "
            "unset: the container finds the compressed files as they are."
        )
    if channel.get("RecordWrapperType", "None") != "None":
        raise invalid("local_aws does not serve RecordWrapperType RecordIO.")
    refuse(channel, {"ShuffleConfig": "objects come in key order"})
