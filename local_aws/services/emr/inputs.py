"""How much a step is going to read, guessed from its arguments: the choice of compiler depends on it, nothing else."""

import json
from collections.abc import Sequence

from local_aws.errors import AwsError
from local_aws.objects import ObjectStore

_LARGEST_MANIFEST = 1 << 20
_MOST_OBJECTS = 10_000


def input_bytes(objects: ObjectStore, arguments: Sequence[str]) -> int:
    """The bytes of the objects and folders that the arguments name, and of the files of manifests among them."""
    return sum(_size(objects, argument) for argument in arguments if argument.startswith(("s3://", "s3a://")))


def _size(objects: ObjectStore, uri: str) -> int:
    try:
        if uri.endswith("/"):
            listed = zip(objects.list(uri), range(_MOST_OBJECTS), strict=False)
            return sum(info.size for info, _ in listed)
        size = objects.info(uri).size
        named = _manifest_entries(objects, uri) if size <= _LARGEST_MANIFEST else []
        return size + sum(objects.info(entry).size for entry in named)
    except AwsError:
        return 0  # an output that is not there yet, or a mistake that the step itself will complain about


def _manifest_entries(objects: ObjectStore, uri: str) -> list[str]:
    try:
        return [str(entry["url"]) for entry in json.loads(objects.read(uri))["entries"]]
    except (ValueError, KeyError, TypeError):
        return []  # no manifest
