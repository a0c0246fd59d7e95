"""Wait for a time to come: what could not be started now is tried again then, and no worker waits meanwhile."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from trainyard.triggers.base import Trigger


class PauseTrigger(Trigger):
    """Fires at a time.

    Args:
        until: the time, in seconds since 1970: a triggerer that takes over keeps it.
        carry: what the event hands on to the operator.
    """

    def __init__(self, *, until: float, carry: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.until = until
        self.carry = carry or {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what another triggerer needs to go on waiting."""
        return "trainyard.triggers.pause.PauseTrigger", {"until": self.until, "carry": self.carry}

    async def wait(self) -> dict[str, Any]:
        """Wait."""
        await asyncio.sleep(max(0.0, self.until - time.time()))
        return self.carry | {"outcome": "again"}
