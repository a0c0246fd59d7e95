"""The ledger as yard reads it: from S3 alone."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from tests.unit.yard.backfill.test_plan import BUILT, FAILED
from trainyard.ledger import Record, folder
from yard.backfill.history import Ledger

if TYPE_CHECKING:
    from yard.clients import Aws


class Bucket:
    """An S3 of a dict."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.gone: set[str] = set()

    def client(self, _service: str) -> "Bucket":
        return self

    def keep(self, record: Record, name: str | None = None) -> None:
        key = folder(record.model, record.partition, record.dag_id) + (name or record.name)
        self.objects[key] = record.dump()

    def get_paginator(self, _operation: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str, Delimiter: str = "") -> Iterator[dict[str, Any]]:
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        if not Delimiter:
            yield {"Contents": [{"Key": key} for key in keys]}
            return
        heads = {Prefix + key.removeprefix(Prefix).partition(Delimiter)[0] + Delimiter for key in keys}
        yield {"CommonPrefixes": [{"Prefix": head} for head in sorted(heads)]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key in self.gone:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}


def ledger(bucket: Bucket) -> Ledger:
    return Ledger(cast("Aws", bucket), "bucket", "recommender", "recommender")


def test_the_runs_of_a_partition_come_in_order_with_the_one_that_counts() -> None:
    bucket = Bucket()
    for record in (FAILED, BUILT):
        bucket.keep(record)
    bucket.keep(BUILT, "current.json")
    found = ledger(bucket).of(BUILT.partition)
    assert [record.run_id for record in found.records] == ["first", "second"]
    assert found.current == BUILT
    assert found.last == FAILED


def test_other_models_and_other_dags_of_the_model_are_not_read() -> None:
    bucket = Bucket()
    bucket.keep(replace(BUILT, model="recommender2"))
    bucket.keep(replace(BUILT, dag_id="recommender_daily"))
    bucket.objects["recommender/spark-logs/x"] = b""
    assert ledger(bucket).of(BUILT.partition).records == ()
    assert ledger(bucket).partitions() == []


def test_partitions_are_those_with_a_record_and_the_newest_tell_what_a_run_takes() -> None:
    bucket = Bucket()
    weeks = ["2026-02-02", "2026-02-09", "2026-02-16"]
    for week in weeks:
        bucket.keep(replace(BUILT, partition=week))
        bucket.keep(replace(BUILT, partition=week), "current.json")
    bucket.keep(replace(FAILED, partition="2026-02-23"))
    assert ledger(bucket).partitions() == [*weeks, "2026-02-23"]
    assert [record.partition for record in ledger(bucket).newest()] == weeks[::-1]
    assert list(ledger(bucket).read(weeks[:1])) == weeks[:1]


def test_a_record_that_is_deleted_meanwhile_is_none() -> None:
    bucket = Bucket()
    bucket.keep(BUILT)
    bucket.gone = set(bucket.objects)
    assert ledger(bucket).of(BUILT.partition).records == ()
