"""Triggers without a triggerer: they are coroutines that talk to a client."""

import pytest


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no scheduler that a trigger could be too fast for."""
    monkeypatch.setattr("trainyard.triggers.base.SETTLE_SECONDS", 0.0)
