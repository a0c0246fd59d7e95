"""What a training job finds when it begins: its channels, its checkpoints, its configuration, on every host."""

from pathlib import Path
from typing import Any

from local_aws.containers import sandbox
from local_aws.objects import ObjectInfo
from local_aws.services.sagemaker.channels import S3Input, place
from local_aws.services.sagemaker.cluster import shard
from local_aws.services.sagemaker.run import Host
from local_aws.state import Record
from local_aws.world import World

_ML = sandbox.CONTAINER_ROOT

Found = list[tuple[str, ObjectInfo]]


class TrainingData:
    """Downloads what a job asked for."""

    def __init__(self, world: World, job: Record) -> None:
        self._world = world
        self._job = job
        self._mode: str = job["AlgorithmSpecification"]["TrainingInputMode"]

    def download(self, hosts: list[Host]) -> list[str]:
        """Lay out every host; returns the folders that their containers may not write to.

        :raises InputMissing: when there is no data where there should be.
        """
        linked = []
        config: dict[str, Any] = {}
        for channel in self._job.get("InputDataConfig", []):
            mode, folder = channel.get("InputMode", self._mode), f"{_ML}/input/data/{channel['ChannelName']}"
            # FastFile is read-only on AWS, too; without namespaces nothing guards the objects but a copy.
            link = mode == "FastFile" and sandbox.has_namespaces()
            source = channel["DataSource"]["S3DataSource"]
            found = self._objects(source)
            for index, host in enumerate(hosts):
                place(_share(source, found, index, len(hosts)), host.workplace.folder(folder), link=link)
            linked += [folder] if link else []
            config[channel["ChannelName"]] = _channel_config(channel, mode)
        for host in hosts:
            workplace = host.workplace
            workplace.write_json(f"{_ML}/input/config/inputdataconfig.json", config)
            workplace.write_json(f"{_ML}/input/config/hyperparameters.json", self._job.get("HyperParameters", {}))
            for folder in ("model", "output/data"):
                workplace.folder(f"{_ML}/{folder}")
        return linked

    def restore_checkpoints(self, uri: str, host: Host) -> Path:
        """Put what lies below the checkpoints' prefix into their folder, and return that."""
        folder = host.workplace.folder(self._job["CheckpointConfig"].get("LocalPath", f"{_ML}/checkpoints"))
        for info in self._world.objects.list(uri):
            if not info.key.endswith("/"):
                self._world.objects.download(info.uri, folder / info.uri.removeprefix(uri))
        return folder

    def _objects(self, source: dict[str, Any]) -> Found:
        wanted = S3Input(source["S3Uri"], source["S3DataType"], self._world.region, self._job["RoleArn"])
        return wanted.objects(self._world.objects)


def _share(source: dict[str, Any], found: Found, index: int, count: int) -> Found:
    """The objects that one host gets: all, or its shard. One that gets none has an empty folder, as on AWS."""
    return shard(found, index, count) if source.get("S3DataDistributionType") == "ShardedByS3Key" else found


def _channel_config(channel: dict[str, Any], mode: str) -> dict[str, str]:
    """An entry of inputdataconfig.json."""
    source = channel["DataSource"]["S3DataSource"]
    config = {
        "TrainingInputMode": mode,
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return config | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
