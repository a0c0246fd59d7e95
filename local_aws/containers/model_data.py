"""A model's files on their way into ``/opt/ml/model``: an archive is unpacked safely, a prefix is copied."""

import tarfile
from pathlib import Path

from local_aws.errors import AwsError
from local_aws.keys import split_uri
from local_aws.objects import ObjectStore


class ModelDataError(Exception):
    """The model's files cannot be had; the message is SageMaker's, followed by the cause."""


def fetch_model_data(objects: ObjectStore, uri: str | None, folder: Path) -> None:
    """Fill ``folder`` with what ``uri`` holds: a tar.gz, or every object below a prefix that ends in ``/``.

    :raises ModelDataError: when it is missing, is no archive or wants to write outside the folder.
    """
    folder.mkdir(parents=True)
    if uri is None:
        return
    if uri.endswith("/"):
        _copy_prefix(objects, uri, folder)
    else:
        unpack(objects, uri, folder)


def unpack(objects: ObjectStore, uri: str, folder: Path) -> None:
    """Unpack a tar.gz. Links and names that lead out of the folder, devices and owners are refused (CVE-2007-4559).

    :raises ModelDataError: see :func:`fetch_model_data`.
    """
    try:
        path = objects.path(uri)
    except AwsError as error:
        raise ModelDataError(f"Could not find model data at {uri}.") from error
    try:
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelDataError(
            f'Failed to extract model data archive from URL "{uri}". Please ensure that the object located at the URL '
            f"is a valid tar.gz archive: {error}"
        ) from error


def _copy_prefix(objects: ObjectStore, uri: str, folder: Path) -> None:
    start = len(split_uri(uri)[1])
    found = [info for info in objects.list(uri) if not info.key.endswith("/")]
    if not found:
        raise ModelDataError(f"Could not find model data at {uri}.")
    for info in found:
        target = folder / info.key[start:]
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ModelDataError(f"The key {info.key} leads out of the model's folder.")
        objects.download(info.uri, target)
