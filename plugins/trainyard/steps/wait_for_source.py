"""wait_for_source: nothing is read before it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainyard.sensors.source import SourcePartitionSensor

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def wait_for_source(spec: ModelSpec, run: XComArg) -> XComArg:
    """Wait until the warehouse lists the run's partition as complete; in a backfill, skip one that has not changed.

    Returns ``table``, ``partition``, ``rows``, ``loaded_at``, ``loads`` (a sentence), ``fingerprint`` (``inputs``,
    ``code``, ``parameters``).
    """
    sensor = SourcePartitionSensor(task_id="wait_for_source", spec=spec)
    run.set_downstream(sensor)
    return sensor.output
