"""What a training job leaves in S3: its model, and what it wrote beside it."""

from pathlib import Path

from local_aws.containers import sandbox
from local_aws.services.sagemaker.artifacts import Output, below, files_of
from local_aws.services.sagemaker.run import Host
from local_aws.state import Record
from local_aws.world import World

_ML = sandbox.CONTAINER_ROOT


def upload(world: World, job: Record, hosts: list[Host], *, model: bool) -> Record:
    """Upload the folders of all hosts, each kind as one archive, as SageMaker does; returns ``ModelArtifacts``.

    A file that several hosts wrote under one name is the first host's: which one wins is not to be relied on with
    SageMaker either, whose documentation asks for names that do not clash. The host that lost is told in its log.

    :param model: whether the model is uploaded, too; a job that failed has none.
    :raises AwsError: ``NoSuchBucket``.
    """
    config = job["OutputDataConfig"]
    output = Output(world, config.get("KmsKeyId"))
    top = below(config["S3OutputPath"], f"{job['TrainingJobName']}/output")
    packed = config.get("CompressionType", "GZIP") == "GZIP"
    for name, inside in {"output": "output/data", **({"model": "model"} if model else {})}.items():
        folder = _together(hosts, f"{_ML}/{inside}")
        # As on AWS, an empty folder leaves no object, though the description names one.
        if not any(folder.iterdir()):
            continue
        if packed:
            output.archive(folder, f"{top}/{name}.tar.gz")
        else:
            output.folder(folder, f"{top}/{name}")
    return {"ModelArtifacts": {"S3ModelArtifacts": f"{top}/model.tar.gz" if packed else f"{top}/model/"}}


def _together(hosts: list[Host], inside: str) -> Path:
    """The first host's folder, with what the other hosts have in theirs moved into it."""
    whole = hosts[0].workplace.folder(inside)
    for host in hosts[1:]:
        folder = host.workplace.folder(inside)
        for path in files_of(folder):
            target = whole / path.relative_to(folder)
            if target.exists():
                host.output.note(f"{inside}/{path.relative_to(folder)} is not uploaded: another host has it, too")
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    return whole
