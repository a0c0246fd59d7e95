"""The ledger in S3: records of runs, and the one that counts, switched by a conditional put."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainyard.aws.calls import Absent, Exists, listed
from trainyard.errors import CallUnavailable
from trainyard.ledger import Record, counts, folder, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainyard.aws.objects import Objects

_CURRENT = "current.json"
_PARTITION = re.compile(r"\d{4}-\d\d-\d\d")
_TRIES = 20  # each lost race means that another run of the very same partition ended in that moment


class Ledger:
    """The records of one DAG's partitions.

    Args:
        objects: S3.
        bucket: where everything is kept.
        model: the model's name.
        dag_id: the DAG: a model's training and its daily scoring each have results of their own.
    """

    def __init__(self, objects: Objects, bucket: str, model: str, dag_id: str) -> None:
        self.objects, self.bucket, self.model, self.dag_id = objects, bucket, model, dag_id

    def begin(self, record: Record) -> None:
        """Note that a run works on a partition."""
        self.objects.write(self._uri(record.partition, record.name), record.dump(), "application/json")

    def end(self, record: Record) -> bool:
        """Note how a run ended, and make it the partition's result when it has one; return whether it is.

        The run's own record is written first: a worker that dies in between is retried, and switches then.

        Raises:
            CallUnavailable: when other runs of this partition won every race.
        """
        self.begin(record)
        uri = self._uri(record.partition, _CURRENT)
        for _ in range(_TRIES):
            found = self.objects.read_tagged(uri)
            current = parse(found[0], uri) if found else None
            if not counts(record, current):
                return False
            try:
                self.objects.write(uri, record.dump(), "application/json", replaces=found[1] if found else "")
            except (Exists, Absent):  # written, or deleted, since it was read
                continue
            return True
        raise CallUnavailable(
            service="s3", call="PutObject", about=uri, reason=f"other runs switched it {_TRIES} times meanwhile"
        )

    def current(self, partition: str) -> Record | None:
        """Return the record whose results count; None when the partition has none."""
        return self._read(self._uri(partition, _CURRENT))

    def record(self, record: Record) -> Record | None:
        """Return what is noted of the run that a record is of."""
        return self._read(self._uri(record.partition, record.name))

    def records(self, partition: str) -> list[Record]:
        """Return what all runs did with a partition, the first one first."""
        prefix = folder(self.model, partition, self.dag_id)
        files = self.objects.listing(f"s3://{self.bucket}/{prefix}")
        uris = [f"s3://{self.bucket}/{file.key}" for file in files if not file.key.endswith(f"/{_CURRENT}")]
        found = [record for uri in uris if (record := self._read(uri))]
        return sorted(found, key=lambda record: (record.began_at, record.run_id))

    def partitions(self) -> Iterator[str]:
        """Yield the partitions of the model for which there is anything at all, in order of time."""
        prefix = f"{self.model}/"
        pages = listed(
            self.objects.client, "list_objects_v2", "CommonPrefixes", f"s3://{self.bucket}/{prefix}",
            Bucket=self.bucket, Prefix=prefix, Delimiter="/",
        )  # fmt: skip
        for found in pages:
            name = str(found["Prefix"]).removeprefix(prefix).rstrip("/")
            if _PARTITION.fullmatch(name):
                yield name

    def _read(self, uri: str) -> Record | None:
        found = self.objects.read_tagged(uri)
        return parse(found[0], uri) if found else None

    def _uri(self, partition: str, name: str) -> str:
        return f"s3://{self.bucket}/{folder(self.model, partition, self.dag_id)}{name}"
