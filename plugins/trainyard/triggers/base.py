"""Airflow's trigger, typed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

#: A trigger that fires within this time of its task's deferral can reach the scheduler before the news of the deferral
#: itself; Airflow (3.3.2, apache/airflow#66374) then takes the healthy task for one that was killed, and retries it.
SETTLE_SECONDS = 1.0


class Trigger(BaseTrigger):
    """A trigger that waits for one thing and then fires once."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is untyped

    async def wait(self) -> dict[str, Any]:
        """Wait, and return how that ended: the event's payload."""
        raise NotImplementedError

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, let the deferral itself arrive meanwhile, and fire.

        The waiting is a task of its own. The triggerer (3.3.2) tells a person's kill from its own shutdown only by the
        message of the cancellation, and a library below that catches a cancellation and raises its own loses that
        message (seen: asgiref, while the connection is looked up): ``on_kill`` was not called, and the job went on.
        """
        waiting = asyncio.create_task(self.wait())
        settling = asyncio.create_task(asyncio.sleep(SETTLE_SECONDS))
        try:
            await asyncio.wait({waiting, settling})
        finally:
            waiting.cancel()
            settling.cancel()
        yield event(waiting.result())


def event(payload: dict[str, Any]) -> TriggerEvent:
    """Return the event with which a wait ends. Plain JSON only: it is kept in Airflow's database."""
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # Airflow's is untyped


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do what must be done when a task is killed, whatever is cancelled meanwhile.

    The triggerer repeats a user's cancellation every second until the trigger is gone (read and seen in 3.3.2), which
    would cut a call to AWS short. So the work is a task of its own, and this waits for it; the work bounds itself.
    """
    doing = asyncio.create_task(work)
    while not doing.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(doing)
    doing.result()
