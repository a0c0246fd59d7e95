"""Airflow's trigger, typed."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

#: A trigger that fires within this time of its task's deferral can reach the scheduler before the news of the deferral
#: itself; Airflow (3.3.2, apache/airflow#66374) then takes the healthy task for one that was killed, and retries it.
SETTLE_SECONDS = 1.0


class Trigger(BaseTrigger):
    """A trigger that waits for one thing and then fires once."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is untyped

    async def settle(self) -> None:
        """Let the deferral itself arrive before anything is said about what it waits for."""
        await asyncio.sleep(SETTLE_SECONDS)


def event(payload: dict[str, Any]) -> TriggerEvent:
    """Return the event with which a wait ends. Plain JSON only: it is kept in Airflow's database."""
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # Airflow's is untyped
