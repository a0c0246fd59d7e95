"""The three logs of a step: files while it runs, and ``.gz`` objects under LogUri as EMR writes them.

EMR ships logs every five minutes; here it is every few seconds, so that whoever waits can read along.
"""

import gzip
import logging
from pathlib import Path
from typing import Any

from local_aws.errors import AwsError
from local_aws.keys import split_uri
from local_aws.moto_bridge import bucket_encryption
from local_aws.objects import ObjectStore
from local_aws.services.emr.store import now
from local_aws.state import Record

NAMES = ("controller", "stdout", "stderr")
_TAIL = 200_000


class StepLogs:
    """Logs of one step.

    :param folder: where the files are, for people: ``<state>/emr/<cluster>/steps/<step>``.
    """

    def __init__(self, folder: Path, objects: ObjectStore, cluster: Record, step: Record) -> None:
        base = step["logs"].get("LogUri") or cluster["request"].get("LogUri")
        self.uri = f"{base.rstrip('/')}/{cluster['id']}/steps/{step['id']}/" if base else None
        self.controller, self.stdout, self.stderr = (folder / name for name in NAMES)
        self._key = step["logs"].get("EncryptionKeyArn") or cluster["request"].get("LogEncryptionKmsKeyId")
        self._objects = objects
        self._shipped: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def note(self, text: str) -> None:
        """Add a line to the controller's log, which says what was started how and how it ended."""
        with self.controller.open("a", encoding="utf-8") as file:
            file.write(f"{now():%Y-%m-%dT%H:%M:%S.%fZ} INFO {text}\n")

    def ship(self) -> None:
        """Write what has grown since the last time to LogUri. Without a bucket to take it, the files still stand."""
        if self.uri is None:
            return
        for path in (self.controller, self.stdout, self.stderr):
            size = path.stat().st_size if path.exists() else 0
            if self._shipped.get(path.name) == size:
                continue
            try:
                self._objects.write(f"{self.uri}{path.name}.gz", _zipped(path), **self._encryption())
            except AwsError as error:
                logging.warning("logs of an EMR step stay in %s: %s", path.parent, error)
                self.uri = None
                return
            self._shipped[path.name] = size

    def file(self, name: str) -> str:
        """Where a reader finds a log: the object, or the file where there is no bucket for it."""
        return f"{self.uri}{name}.gz" if self.uri else str(self.controller.with_name(name))

    def tail(self, path: Path) -> str:
        """The end of a log, as much as a message can come from."""
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read().decode("utf-8", errors="replace")

    def _encryption(self) -> dict[str, Any]:
        """The cluster's key, else what the bucket prescribes; ``AwsError`` if there is no such bucket."""
        bucket = split_uri(self.uri or "")[0]
        self._objects.bucket_folder(bucket)
        if self._key:
            return {"sse": "aws:kms", "kms_key_id": self._key}
        sse, key = bucket_encryption(bucket)
        return {name: value for name, value in (("sse", sse), ("kms_key_id", key)) if value}


def _zipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes() if path.exists() else b"", mtime=0)
