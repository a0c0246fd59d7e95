"""The ledger in a real bucket: what counts is switched atomically, however many runs end at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.test_ledger import RECORD
from trainyard.aws.ledger import Ledger
from trainyard.aws.objects import Objects


@pytest.fixture
def ledger(local_aws: LocalAwsForTests) -> Ledger:
    bucket = f"ledger-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=bucket)
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return Ledger(Objects(local_aws.client("s3"), key), bucket, "recommender", "recommender")


def test_a_partition_without_records_has_no_result(ledger: Ledger) -> None:
    assert ledger.current("2026-02-02") is None
    assert ledger.records("2026-02-02") == []
    assert list(ledger.partitions()) == []


def test_a_run_that_ends_is_the_result_and_one_that_fails_later_leaves_it(ledger: Ledger) -> None:
    ledger.begin(replace(RECORD, outcome="running"))
    assert ledger.current("2026-02-02") is None
    assert ledger.end(RECORD)
    failed = replace(RECORD, run_id="second", outcome="failed", began_at="2026-02-11T06:00:00.000+00:00")
    assert not ledger.end(failed)
    assert ledger.current("2026-02-02") == RECORD
    assert ledger.records("2026-02-02") == [RECORD, failed]


def test_writing_the_end_twice_is_as_good_as_once(ledger: Ledger) -> None:
    assert ledger.end(RECORD)
    assert ledger.end(RECORD)
    assert ledger.records("2026-02-02") == [RECORD]


def test_of_runs_that_end_at_once_the_one_that_began_last_counts(ledger: Ledger) -> None:
    runs = [replace(RECORD, run_id=f"run{n}", began_at=f"2026-02-10T06:00:{n:02}.000+00:00") for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(ledger.end, reversed(runs)))
    assert ledger.current("2026-02-02") == runs[-1]
    assert ledger.records("2026-02-02") == runs


def test_partitions_are_listed_in_order_and_neither_a_similar_models_nor_other_folders(ledger: Ledger) -> None:
    for day in ("2026-02-09", "2026-02-02"):
        ledger.end(replace(RECORD, partition=day))
    other = Ledger(ledger.objects, ledger.bucket, "recommender2", "recommender2")
    other.end(replace(RECORD, model="recommender2", partition="2026-03-02"))
    ledger.objects.write(f"s3://{ledger.bucket}/recommender/landing/file", b"", "text/plain")
    assert list(ledger.partitions()) == ["2026-02-02", "2026-02-09"]


def test_two_dags_of_one_model_have_results_of_their_own(ledger: Ledger) -> None:
    daily = Ledger(ledger.objects, ledger.bucket, "recommender", "recommender_daily")
    ledger.end(RECORD)
    assert daily.current("2026-02-02") is None
