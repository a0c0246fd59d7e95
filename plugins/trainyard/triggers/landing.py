"""Watch the queue that S3's events arrive in: the trigger of the asset ``landing``.

A message is deleted when Airflow's database has its event, and not before: the triggerer (3.3) tells a producer of a
shared stream when that is so. A triggerer that dies in between leaves the message to the next one, and what became of
it before stands in its key's note, see ``aws.claims``.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk import Variable
from airflow.triggers.base import BaseEventTrigger
from airflow.triggers.shared_stream import SharedStreamProducer
from asgiref.sync import sync_to_async

from trainyard.aws.calls import acall
from trainyard.aws.claims import Claims
from trainyard.aws.clients import CONNECTION, Aws
from trainyard.aws.objects import Objects
from trainyard.errors import InputError, SettingsError, TrainyardError
from trainyard.landing import PREFIX, Created
from trainyard.settings import VARIABLE, Settings
from trainyard.triggers.base import event
from trainyard.triggers.patience import Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from airflow.triggers.base import TriggerEvent
    from airflow.triggers.shared_stream import AdvanceItem

log = logging.getLogger(__name__)

_POLL_SECONDS = 20  # the longest that SQS lets a question wait; an event that comes meanwhile is answered at once
_AGAIN_SECONDS = 15  # until a message is shown again whose event another message is handing over
_FIRST_PAUSE_SECONDS = 2.0


class LandingTrigger(BaseEventTrigger):
    """Fires for each object, or mark, that may complete a partition below ``landing/``.

    The payload is the event's ``bucket``, ``key``, ``etag``, ``version`` and ``sequencer``. The queue and the bucket
    are read from the settings when it runs, so that a DAG file names neither.

    Args:
        connection: Airflow's AWS connection.
    """

    def __init__(self, connection: str = CONNECTION) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is untyped
        self.connection = connection

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes it the same trigger, whoever watches."""
        return "trainyard.triggers.landing.LandingTrigger", {"connection": self.connection}

    def shared_stream_key(self) -> tuple[str, str]:
        """All DAGs that follow the asset share one watch: a message is taken once."""
        return "trainyard.landing", self.connection

    @classmethod
    def create_shared_stream_producer(cls, kwargs: dict[str, Any]) -> LandingProducer:
        """Return who asks the queue."""
        return LandingProducer(kwargs["connection"])

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Any]) -> AsyncIterator[TriggerEvent]:
        """Fire for every event of the watch."""
        async for created in shared_stream:
            yield event(created)

    def run(self) -> AsyncIterator[TriggerEvent]:
        """Never asked: the triggerer runs a shared stream instead.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("LandingTrigger is watched as a shared stream")


@dataclass(frozen=True)
class _Place:
    """Where the events are, as the settings say now."""

    aws: Aws
    queue: str
    claims: Claims

    @classmethod
    def find(cls, connection: str) -> _Place:
        """Read the settings. Blocks: Airflow is asked for its Variable and its connection.

        Raises:
            SettingsError: when they name no queue.
        """
        settings = Settings.from_json(Variable.get(VARIABLE, default=None))
        if not settings.landing_queue:
            raise SettingsError(
                f"{VARIABLE}.landing_queue is missing: the stack's output LandingQueueUrl is its value."
            )
        aws = Aws(settings.region, connection)
        return cls(aws, settings.landing_queue, Claims(Objects(aws.client("s3"), settings.kms_key), settings.bucket))


class LandingProducer(SharedStreamProducer):
    """Takes messages off the queue, one watch for all.

    Args:
        connection: Airflow's AWS connection.
    """

    def __init__(self, connection: str) -> None:
        self.connection = connection
        self.find = _Place.find

    async def open_stream(self) -> AsyncIterator[tuple[dict[str, Any], tuple[Created, str]]]:
        """Yield each event that is news, with what deletes its message.

        Trouble with a service, or settings that name no queue, is waited out however long it lasts: a watch that ended
        would be started again at once, and nobody would see it. The log tells. No message is received before a note can
        be written, because SQS makes a dead letter of one that was received often enough.
        """
        patience = Patience(_FIRST_PAUSE_SECONDS)
        while True:
            try:
                place = await sync_to_async(self.find)(self.connection)
                await asyncio.to_thread(place.claims.probe)
                async with place.aws.open("sqs") as sqs:
                    log.info("Watching %s.", place.queue)
                    while True:
                        for message in await _received(sqs, place):
                            if found := await _taken_or_left(sqs, place, message):
                                yield asdict(found), (found, str(message["ReceiptHandle"]))
                        patience.over()
            except TrainyardError as failure:
                patience.trouble()
                pause = patience.pause()
                log.warning("%s is not watched: %s Trying again in %.0f s.", PREFIX, failure, pause)
                await asyncio.sleep(pause)

    async def advance(self, batch: Sequence[AdvanceItem]) -> None:
        """Note that Airflow has these events, and delete their messages; one that it does not have stays."""
        try:
            place = await sync_to_async(self.find)(self.connection)
            async with place.aws.open("sqs") as sqs:
                for item in batch:
                    created, receipt = item.broker_payload
                    if item.outcome.is_clean:
                        await asyncio.to_thread(place.claims.handed, created)
                        await _delete(sqs, place, receipt)
        except TrainyardError as failure:
            # The messages are shown again. What was noted is deleted then; the rest is handed over a second time, and
            # the run that comes of it finds that another one loads it.
            log.warning("Messages that were handed over could not be deleted: %s", failure)


async def _received(sqs: Any, place: _Place) -> list[dict[str, Any]]:
    """Wait for messages."""
    reply = await acall(sqs, "receive_message", place.queue, QueueUrl=place.queue, MaxNumberOfMessages=10,
                        WaitTimeSeconds=_POLL_SECONDS)  # fmt: skip
    found: list[dict[str, Any]] = reply.get("Messages", [])
    return found


async def _taken_or_left(sqs: Any, place: _Place, message: dict[str, Any]) -> Created | None:
    """Take a message's event; a message whose own trouble it is that this fails is shown again, and keeps none waiting.

    Raises:
        AwsFailure: when it is everybody's trouble.
    """
    try:
        return await _taken(sqs, place, message)
    except TrainyardError as failure:
        await asyncio.to_thread(place.claims.probe)
        log.error("Message %s is shown again later: %s", message["MessageId"], failure)
        return None


async def _taken(sqs: Any, place: _Place, message: dict[str, Any]) -> Created | None:
    """Take a message's event, when it is news; what is none is deleted, or left to the dead letters."""
    receipt, number = str(message["ReceiptHandle"]), str(message["MessageId"])
    try:
        created = Created.read(message["Body"])
    except InputError as error:
        log.error("Message %s is left to the dead letters: %s", number, error)
        return None
    if not created.completes:
        log.info("%s completes nothing yet.", created.key)
        await _delete(sqs, place, receipt)
        return None
    decision = await asyncio.to_thread(place.claims.take, created, number)
    if decision == "take":
        log.info("%s is new.", created.key)
        return created
    if decision == "wait":
        log.info("%s is being handed over by another message: %s waits.", created.key, number)
        await acall(sqs, "change_message_visibility", number, QueueUrl=place.queue, ReceiptHandle=receipt,
                    VisibilityTimeout=_AGAIN_SECONDS)  # fmt: skip
        return None
    log.info("%s: the event came %s, and is ignored.", created.key, "too late" if decision == "late" else "twice")
    await _delete(sqs, place, receipt)
    return None


async def _delete(sqs: Any, place: _Place, receipt: str) -> None:
    await acall(sqs, "delete_message", place.queue, QueueUrl=place.queue, ReceiptHandle=receipt)
