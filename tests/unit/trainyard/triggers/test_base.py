"""What all triggers have in common: when they fire."""

import asyncio
from typing import Any

import pytest

from trainyard.triggers.base import Trigger

FOREVER = 3600.0


class AtOnce(Trigger):
    """What it waits for is there already."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "unused", {}

    async def wait(self) -> dict[str, Any]:
        self.asked.set()
        return {"outcome": "done"}


class Broken(AtOnce):
    async def wait(self) -> dict[str, Any]:
        raise RuntimeError("no such job")


def test_a_trigger_asks_at_once_but_does_not_overtake_the_news_of_its_tasks_deferral(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainyard.triggers.base.SETTLE_SECONDS", FOREVER)

    async def play() -> bool:
        trigger = AtOnce()
        firing = asyncio.ensure_future(anext(trigger.run()))
        await trigger.asked.wait()
        for _ in range(10):
            await asyncio.sleep(0)  # whatever is ready to go on does
        fired = firing.done()
        firing.cancel()
        return fired

    assert asyncio.run(play()) is False


def test_once_the_deferral_has_arrived_the_trigger_fires_what_it_found() -> None:
    async def play() -> Any:
        return await anext(AtOnce().run())

    assert asyncio.run(play()).payload == {"outcome": "done"}


def test_a_wait_that_breaks_breaks_the_trigger() -> None:
    async def play() -> Any:
        return await anext(Broken().run())

    with pytest.raises(RuntimeError, match="no such job"):
        asyncio.run(play())
