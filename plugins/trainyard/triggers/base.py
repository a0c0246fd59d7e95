"""Airflow's trigger, typed."""

from __future__ import annotations

from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent


class Trigger(BaseTrigger):
    """A trigger that waits for one thing and then fires once."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is untyped


def event(payload: dict[str, Any]) -> TriggerEvent:
    """Return the event with which a wait ends. Plain JSON only: it is kept in Airflow's database."""
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # Airflow's is untyped
