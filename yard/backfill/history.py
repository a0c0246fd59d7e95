"""The ledger, read from S3: what ran for each partition, and which result counts. Airflow's database is not asked."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from botocore.exceptions import ClientError

from trainyard.ledger import Record, folder, parse
from yard.clients import Aws

_AT_ONCE = 8
_NEWEST = 5
_CURRENT = "current.json"
_NAME = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_GONE = {"NoSuchKey", "404"}


@dataclass(frozen=True)
class History:
    """The records of one partition, the first one first, and the one whose result counts."""

    records: tuple[Record, ...] = ()
    current: Record | None = None

    @property
    def last(self) -> Record | None:
        """That of the run that began last."""
        return self.records[-1] if self.records else None


class Ledger:
    """Reads the records of one DAG's partitions.

    :param model: the model's name, which is not always the DAG's.
    """

    def __init__(self, aws: Aws, bucket: str, model: str, dag_id: str) -> None:
        self._s3, self._bucket, self._model, self._dag = aws.client("s3"), bucket, model, dag_id

    def partitions(self) -> list[str]:
        """Those for which there is a record, oldest first."""
        prefix = f"{self._model}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
        names = [
            found["Prefix"].removeprefix(prefix)[:-1] for page in pages for found in page.get("CommonPrefixes", [])
        ]
        return [name for name, history in self.read(sorted(names)).items() if history.records]

    def newest(self) -> list[Record]:
        """The results of the newest partitions, to learn from what they took."""
        found = (self.of(name).current for name in reversed(self.partitions()))
        return [record for record in islice(found, _NEWEST) if record]

    def read(self, partitions: Iterable[str]) -> dict[str, History]:
        """The history of each of these partitions.

        :raises ManifestError: for a record that cannot be read.
        """
        names = list(partitions)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(names, pool.map(self.of, names), strict=True))

    def of(self, partition: str) -> History:
        """The history of one partition."""
        keys = list(self._keys(partition))
        records = [record for key in keys if not key.endswith(_CURRENT) and (record := self._record(key))]
        records.sort(key=lambda record: (record.began_at, record.run_id))
        current = next((self._record(key) for key in keys if key.endswith(_CURRENT)), None)
        return History(tuple(records), current)

    def _keys(self, partition: str) -> Iterator[str]:
        prefix = folder(self._model, partition, self._dag)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return (found["Key"] for page in pages for found in page.get("Contents", []))

    def _record(self, key: str) -> Record | None:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:  # deleted since it was listed
                return None
            raise
        return parse(body, f"s3://{self._bucket}/{key}")
