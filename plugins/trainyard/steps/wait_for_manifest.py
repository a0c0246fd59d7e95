"""wait_for_manifest: a reader takes what is committed, and only if it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainyard.sensors.manifest import ManifestSensor

if TYPE_CHECKING:
    from airflow.sdk import XComArg


def wait_for_manifest(source: XComArg) -> XComArg:
    """Wait until the manifest is published, and check every file it lists.

    Returns ``manifest``, ``data``, ``outcome``, ``rows``, ``bytes``, ``digest``. A partition without rows ends the run
    here, skipped and green: the XCom ``outcome`` and the log say that it is empty.
    """
    return ManifestSensor(task_id="wait_for_manifest", source=source).output
