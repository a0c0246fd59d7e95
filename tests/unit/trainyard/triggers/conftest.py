"""Triggers without a triggerer: they are coroutines that talk to a client."""

import os
import tempfile

import pytest

# Airflow makes its folder when it is imported; these tests need nothing of it.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-"))


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no scheduler that a trigger could be too fast for."""
    monkeypatch.setattr("trainyard.triggers.base.SETTLE_SECONDS", 0.0)
