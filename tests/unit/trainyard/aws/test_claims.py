"""The notes in a real bucket: of many that take the same event, one gets it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from tests.support import LocalAwsForTests
from trainyard.aws.claims import Claims
from trainyard.aws.objects import Objects
from trainyard.landing import Created

EVENT = Created("bucket", "landing/shop.interactions/2026-02-02.parquet", "e1", "", "0A10")


@pytest.fixture
def claims(local_aws: LocalAwsForTests) -> Claims:
    bucket = f"claims-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=bucket)
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return Claims(Objects(local_aws.client("s3"), key), bucket)


def test_of_ten_messages_of_one_event_one_is_taken_and_when_it_is_handed_over_the_others_may_go(claims: Claims) -> None:
    with ThreadPoolExecutor(10) as pool:
        decisions = list(pool.map(lambda n: claims.take(EVENT, f"m{n}"), range(10)))
    assert Counter(decisions) == {"take": 1, "wait": 9}
    claims.handed(EVENT)
    assert {claims.take(EVENT, f"m{n}") for n in range(10)} == {"twice"}


def test_a_message_whose_taker_has_died_is_taken_again(claims: Claims) -> None:
    assert [claims.take(EVENT, "m1"), claims.take(EVENT, "m1")] == ["take", "take"]


def test_an_older_event_of_a_key_is_late_and_leaves_the_note_of_the_newer_one(claims: Claims) -> None:
    newer = replace(EVENT, sequencer="0A11", etag="e2")
    assert claims.take(newer, "m2") == "take"
    assert claims.take(EVENT, "m1") == "late"
    claims.handed(EVENT)  # of the older one: nothing of the newer one was handed over
    assert claims.take(newer, "m3") == "wait"


def test_another_key_is_another_matter(claims: Claims) -> None:
    assert claims.take(EVENT, "m1") == "take"
    assert claims.take(replace(EVENT, key=f"{EVENT.key}.gz"), "m2") == "take"


def test_an_event_that_was_handed_over_twice_is_loaded_by_the_run_that_came_first(claims: Claims) -> None:
    claims.take(EVENT, "m1")
    assert claims.load(EVENT, "run1") == "run1"
    assert claims.load(EVENT, "run2") == "run1"
    assert claims.load(EVENT, "run1") == "run1"  # cleared: it loads it again
    claims.handed(EVENT)
    assert claims.load(EVENT, "run2") == "run1"
    newer = replace(EVENT, sequencer="0A11")
    claims.take(newer, "m2")
    assert claims.load(newer, "run2") == "run2"


def test_an_event_whose_note_is_gone_is_loaded_by_whoever_has_it(claims: Claims) -> None:
    assert claims.load(EVENT, "run1") == "run1"


def test_what_waits_is_what_no_run_loads_and_what_this_run_began_to(claims: Claims) -> None:
    first, second, third = (
        replace(EVENT, key=f"landing/shop.interactions/2026-02-{day}.parquet") for day in ("02", "09", "16")
    )
    for number, event in enumerate((first, second, third)):
        claims.take(event, f"m{number}")
    assert claims.load(second, "run1") == "run1"
    assert claims.waiting("run1") == [second, first, third]  # its own first: they are what it loads in any case
    assert claims.waiting("run2") == [first, third]


def days(count: int) -> list[Created]:
    return [replace(EVENT, key=f"landing/shop.visits/2026-03-{day:02}.parquet") for day in range(1, count + 1)]


def test_notes_of_what_is_loaded_are_read_once_and_not_by_every_run(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = claims.objects.read_tagged, list[str]()

    def counted(uri: str) -> Any:
        reads.append(uri)
        return read(uri)

    *old, last = days(20)
    for event in old:
        claims.take(event, "m")
        claims.load(event, "run1")
        claims.handed(event)
    assert claims.waiting("run2") == []
    claims.take(last, "m20")
    monkeypatch.setattr(claims.objects, "read_tagged", counted)
    assert claims.waiting("run3") == [last]
    assert len([uri for uri in reads if "/landing/" in uri]) == 1
    assert claims.waiting("run1") == [*old, last]  # cleared: it finds its own


def test_a_key_that_was_loaded_and_is_dropped_again_waits(claims: Claims) -> None:
    claims.take(EVENT, "m1")
    claims.load(EVENT, "run1")
    assert claims.waiting("run2") == []
    again = replace(EVENT, sequencer="0A11")
    claims.take(again, "m2")
    assert claims.waiting("run3") == [again]


@pytest.mark.parametrize("text", [b"", b"not JSON", b"[]", b'"text"', b"{}", b'{"sequencer": 7, "taken_at": "now"}'])
def test_a_note_that_somebody_has_spoiled_keeps_no_other_from_its_run_and_is_written_anew(
    claims: Claims, text: bytes
) -> None:
    first, second = days(2)
    claims.take(first, "m1")
    for file in claims.objects.listing(f"s3://{claims.bucket}/events/landing/"):
        claims.objects.write(f"s3://{claims.bucket}/{file.key}", text, "application/json")
    claims.take(second, "m2")
    assert claims.waiting("run1") == [second]
    assert claims.load(first, "run1") == "run1"
    claims.handed(first)
    assert claims.take(first, "m3") == "take"
    assert claims.waiting("run1") == [second, first]


@pytest.mark.parametrize("text", [b"", b"not JSON", b"[]", b'{"events/landing/x.json": 7}'])
def test_a_list_of_what_is_loaded_that_somebody_has_spoiled_is_made_anew(claims: Claims, text: bytes) -> None:
    first, second = days(2)
    claims.take(first, "m1")
    claims.load(first, "run1")
    claims.take(second, "m2")
    claims.objects.write(f"s3://{claims.bucket}/events/loaded.json", text, "application/json")
    assert [claims.waiting("run2"), claims.waiting("run2")] == [[second], [second]]
