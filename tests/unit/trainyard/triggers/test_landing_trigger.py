"""The watch of the landing queue, by the triggerer's own manager of streams, on a real queue."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiobotocore.session
import pytest
from airflow.triggers.shared_stream import SharedStreamManager

from local_aws.testing import LocalAwsAdmin
from trainyard.aws.claims import Claims
from trainyard.aws.objects import Objects
from trainyard.errors import CallRefused, SettingsError
from trainyard.triggers import landing
from trainyard.triggers.landing import LandingProducer, LandingTrigger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.support import LocalAwsForTests

KEY = "landing/shop.interactions/2026-02-02.parquet"
SECONDS = 300.0  # the longest that a busy machine takes; a test ends as soon as its condition holds


@dataclass
class Queue:
    """A queue, a bucket for the notes, and a client for each side."""

    local_aws: LocalAwsForTests
    url: str
    claims: Claims
    found: int = 0
    broken: int = 0

    @asynccontextmanager
    async def open(self, service: str) -> AsyncIterator[Any]:
        """A client for the triggerer."""
        session = aiobotocore.session.get_session()
        async with session.create_client(
            service, region_name="us-east-1", endpoint_url=self.local_aws.endpoint_url,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        ) as client:  # fmt: skip
            yield client

    @property
    def aws(self) -> Queue:
        """Where calls go."""
        return self

    @property
    def queue(self) -> str:
        """The queue's URL."""
        return self.url

    def find(self, _connection: str) -> Queue:
        """What the settings say; they are broken so many times first."""
        self.found += 1
        if self.found <= self.broken:
            raise SettingsError("trainyard.landing_queue is missing.")
        return self

    def send(self, sequencer: str = "0A10", key: str = KEY) -> None:
        detail = {"bucket": {"name": "b"}, "object": {"key": key, "etag": "e", "sequencer": sequencer}}
        self.put(json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}))

    def put(self, text: str) -> None:
        self.local_aws.client("sqs").send_message(QueueUrl=self.url, MessageBody=text)

    def left(self) -> int:
        """Messages that are not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.local_aws.client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)


@pytest.fixture
def queue(local_aws: LocalAwsForTests, monkeypatch: pytest.MonkeyPatch) -> Queue:
    name = f"landing-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=name)
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    url = local_aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    found = Queue(local_aws, url, Claims(Objects(local_aws.client("s3"), key), name))
    monkeypatch.setattr(landing._Place, "find", found.find)
    monkeypatch.setattr(landing, "_POLL_SECONDS", 1)
    monkeypatch.setattr(landing, "_FIRST_PAUSE_SECONDS", 0.01)
    return found


class Triggerer:
    """What of the triggerer runs a watch: it fires events, and says which of them are in Airflow's database."""

    def __init__(self) -> None:
        self.streams = SharedStreamManager(log=None)  # it logs nothing here
        self.fired: list[dict[str, Any]] = []
        self.unsaved: list[int] = []

    async def run(self, number: int = 1) -> None:
        trigger = LandingTrigger()
        key = trigger.shared_stream_key()
        stream = self.streams.subscribe(trigger_id=number, trigger=trigger, key=key)
        async for fired in trigger.filter_shared_stream(stream):
            seq = self.streams.bind_pending_event(trigger_id=number, key=key)
            self.fired.append(fired.payload)
            assert seq is not None, "the deletion of the message must wait for the database"
            self.unsaved.append(seq)

    def save(self) -> None:
        """Airflow's database has all that was fired."""
        self.streams.confirm_persisted(self.unsaved)
        self.unsaved = []


def watched(work: Callable[[Triggerer], Any]) -> None:
    """Do something while a triggerer watches."""

    async def body() -> None:
        triggerer = Triggerer()
        watch = asyncio.create_task(triggerer.run())
        try:
            await asyncio.wait_for(work(triggerer), SECONDS)
        finally:
            watch.cancel()
            await triggerer.streams.stop_all()

    asyncio.run(body())


async def until(happened: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(happened):
        await asyncio.sleep(0.02)


def test_a_message_is_deleted_when_airflow_has_its_event_and_not_before(queue: Queue) -> None:
    async def work(triggerer: Triggerer) -> None:
        queue.send()
        await until(lambda: bool(triggerer.fired))
        assert triggerer.fired[0] == {"bucket": "b", "key": KEY, "etag": "e", "version": "", "sequencer": "0A10"}
        queue.send(key=KEY.replace("02-02", "02-09"))
        await until(lambda: len(triggerer.fired) == 2)
        assert queue.left() == 2
        triggerer.save()
        await until(lambda: queue.left() == 0)

    watched(work)


def test_the_same_event_ten_times_fires_once(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "_AGAIN_SECONDS", 1)

    async def work(triggerer: Triggerer) -> None:
        for _ in range(10):
            queue.send()
        await until(lambda: bool(triggerer.fired))
        triggerer.save()
        await until(lambda: queue.left() == 0)
        assert len(triggerer.fired) == 1

    watched(work)


def test_an_event_whose_triggerer_died_fires_again_in_the_next_one(queue: Queue) -> None:
    async def dies(triggerer: Triggerer) -> None:
        queue.send()
        await until(lambda: bool(triggerer.fired))  # and nothing is saved

    async def goes_on(triggerer: Triggerer) -> None:
        await until(lambda: bool(triggerer.fired))
        triggerer.save()
        await until(lambda: queue.left() == 0)

    url = queue.url
    queue.local_aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    watched(dies)
    assert queue.left() == 1
    watched(goes_on)


def test_an_older_event_and_a_part_of_a_folder_are_deleted_and_a_message_of_another_kind_is_left(queue: Queue) -> None:
    async def work(triggerer: Triggerer) -> None:
        queue.send("0A10")
        await until(lambda: bool(triggerer.fired))
        triggerer.save()
        queue.put("poison")
        queue.send("0A09")
        queue.send(key="landing/shop.interactions/2026-02-02/part-0.parquet")
        await until(lambda: queue.left() == 1)
        assert len(triggerer.fired) == 1

    watched(work)


def test_broken_settings_and_a_service_that_fails_are_waited_out(queue: Queue) -> None:
    queue.broken = 2
    fault = {"service": "sqs", "operation": "ReceiveMessage", "times": 6, "status": 500, "code": "InternalError"}

    async def work(triggerer: Triggerer) -> None:
        queue.send()
        await until(lambda: bool(triggerer.fired))

    admin = LocalAwsAdmin(queue.local_aws.endpoint_url)
    with admin.fault("error", **fault):
        watched(work)
        assert [found["hits"] for found in admin.faults()] == [fault["times"]]


@pytest.fixture
def batches(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages there were, each time that the queue was asked."""
    found: list[int] = []
    received = landing._received

    async def counted(sqs: Any, place: Any) -> list[dict[str, Any]]:
        found.append(0)
        messages = await received(sqs, place)
        found[-1] = len(messages)
        return messages

    monkeypatch.setattr(landing, "_received", counted)
    queue.local_aws.client("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "1"})
    return found


@pytest.mark.parametrize("operation", ["PutObject", "GetObject"])
def test_while_nothing_can_be_noted_no_message_is_received_again_and_becomes_a_dead_letter(
    queue: Queue, batches: list[int], operation: str
) -> None:
    admin = LocalAwsAdmin(queue.local_aws.endpoint_url)

    async def work(triggerer: Triggerer) -> None:
        await until(lambda: bool(batches))
        with admin.fault("error", service="s3", operation=operation, times=8, status=403, code="AccessDenied"):
            queue.send()
            await until(lambda: bool(triggerer.fired))

    watched(work)
    assert [number for number in batches if number] == [1, 1]


def test_a_message_that_cannot_be_noted_keeps_no_other_from_its_run(
    queue: Queue, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, take = KEY.replace("02-02", "02-09"), queue.claims.take

    def refused(event: Any, message: str) -> Any:
        if event.key == odd:
            raise CallRefused(service="s3", call="GetObject", about=event.key, reason="its note has another's key")
        return take(event, message)

    monkeypatch.setattr(queue.claims, "take", refused)

    async def work(triggerer: Triggerer) -> None:
        queue.send(key=odd)
        await until(lambda: sum(batches) > 0)
        queue.send()
        await until(lambda: bool(triggerer.fired))
        triggerer.save()
        await until(lambda: queue.left() == 1)

    watched(work)
    assert queue.found == 2  # to watch, and to delete: the watch went on


def test_a_dag_file_holds_neither_queue_nor_bucket_and_followers_share_a_watch() -> None:
    path, kept = LandingTrigger().serialize()
    assert path == "trainyard.triggers.landing.LandingTrigger"
    assert kept == {"connection": "aws_default"}
    assert LandingTrigger().shared_stream_key() == LandingTrigger(**kept).shared_stream_key()
    assert isinstance(LandingTrigger.create_shared_stream_producer(kept), LandingProducer)
