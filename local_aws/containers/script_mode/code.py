"""The user's source folder: from ``sagemaker_submit_directory`` to ``/opt/ml/code``."""

import shutil
import tarfile
from pathlib import Path

from local_aws.containers.sandbox import CONTAINER_ROOT
from local_aws.errors import AwsError
from local_aws.objects import ObjectStore

CODE = f"{CONTAINER_ROOT}/code"


class NoCode(Exception):
    """The source cannot be had or unpacked; the message says which and why."""


def fetch_code(submit_directory: str, objects: ObjectStore, ml: Path) -> Path:
    """Put the source into ``code/`` of the job's ``/opt/ml`` and return that folder.

    :param submit_directory: an S3 URI of a tar.gz, or a folder or tar.gz at a path of the container.
    :raises NoCode: when there is nothing or it is no archive.
    """
    code = ml / "code"
    code.mkdir(exist_ok=True)
    if submit_directory.startswith("s3://"):
        try:
            _unpack(objects.path(submit_directory), submit_directory, code)
        except AwsError as error:
            raise NoCode(f"the source {submit_directory} cannot be downloaded: {error}") from error
        return code
    inside = Path(submit_directory.removeprefix("file://"))
    if not inside.is_relative_to(CONTAINER_ROOT):
        raise NoCode(f"the source {submit_directory!r} is neither an S3 URI nor a path below {CONTAINER_ROOT}")
    here = ml / inside.relative_to(CONTAINER_ROOT)
    if here.is_dir():
        if here != code:
            shutil.copytree(here, code, dirs_exist_ok=True)
    elif here.is_file():
        _unpack(here, submit_directory, code)
    else:
        raise NoCode(f"there is no {submit_directory}")
    return code


def own_requirements(code: Path) -> str:
    """What the source asks pip for: its requirements.txt, and itself where it is a package (it has a setup.py)."""
    listed = code / "requirements.txt"
    lines = listed.read_text() if listed.is_file() else ""
    return f"{lines}\n.\n" if (code / "setup.py").is_file() else lines


def _unpack(archive: Path, name: str, into: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(into, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise NoCode(f"the source {name} cannot be unpacked as a tar archive: {error}") from error
