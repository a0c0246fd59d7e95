"""Logs of a Spark program: files while it runs, and ``.gz`` objects where its service was told to leave them.

AWS ships logs minutes later; here it is every few seconds, so that whoever waits can read along.
"""

import gzip
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local_aws.errors import AwsError
from local_aws.keys import split_uri
from local_aws.moto_bridge import bucket_encryption
from local_aws.objects import ObjectStore

_TAIL = 200_000


class ShippedLogs:
    """The logs of one run.

    :param folder: where the files are, for people.
    :param names: of the logs.
    :param uri: where the objects go; None keeps the files only.
    :param key: the KMS key of the objects; None takes what the bucket prescribes.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], objects: ObjectStore, uri: str | None, key: str | None
    ) -> None:
        self.uri = uri
        self._files = [folder / name for name in names]
        self._folder, self._objects, self._key = folder, objects, key
        self._shipped: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def ship(self) -> None:
        """Write what has grown since the last time. Without a bucket to take it, the files still stand."""
        if self.uri is None:
            return
        for path in self._files:
            size = path.stat().st_size if path.exists() else 0
            if self._shipped.get(path.name) == size:
                continue
            try:
                self._objects.write(f"{self.uri}{path.name}.gz", _zipped(path), **self._encryption())
            except AwsError as error:
                logging.warning("logs stay in %s: %s", self._folder, error)
                self.uri = None
                return
            self._shipped[path.name] = size

    def file(self, name: str) -> str:
        """Where a reader finds a log: the object, or the file where there is no bucket for it."""
        return f"{self.uri}{name}.gz" if self.uri else str(self._folder / name)

    def tail(self, path: Path) -> str:
        """The end of a log, as much as a message can come from."""
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read().decode("utf-8", errors="replace")

    def _encryption(self) -> dict[str, Any]:
        """The key that was asked for, else what the bucket prescribes; ``AwsError`` if there is no such bucket."""
        bucket = split_uri(self.uri or "")[0]
        self._objects.bucket_folder(bucket)
        if self._key:
            return {"sse": "aws:kms", "kms_key_id": self._key}
        sse, key = bucket_encryption(bucket)
        return {name: value for name, value in (("sse", sse), ("kms_key_id", key)) if value}


def _zipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes() if path.exists() else b"", mtime=0)
