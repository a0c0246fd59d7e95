"""wait_for_manifest: a reader takes what is committed, and only if it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainyard.sensors.manifest import ManifestSensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import XComArg


def wait_for_manifest(datasets: Mapping[str, XComArg]) -> XComArg:
    """Wait until the manifest of each dataset is published, and check every file it lists.

    Returns ``rows``, ``bytes``, and in ``datasets`` of each ``manifest``, ``data``, ``outcome``, ``rows``, ``bytes``,
    ``digest``. A partition without rows
    ends the run here, skipped and green: the XCom ``outcome`` and the log say that it is empty. One dataset without
    rows beside others that have some is a failure: nothing can be learned, or nothing be tested.
    """
    return ManifestSensor(task_id="wait_for_manifest", datasets=dict(datasets)).output
