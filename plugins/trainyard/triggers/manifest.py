"""Wait until a manifest is published."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from trainyard.aws.calls import Absent, acall
from trainyard.aws.clients import CONNECTION, Aws
from trainyard.errors import AwsFailure
from trainyard.paths import split
from trainyard.triggers.base import Trigger
from trainyard.triggers.patience import Patience, spread


class ManifestTrigger(Trigger):
    """Looks for one object until it is there.

    Args:
        uri: the manifest.
        region: where.
        interval: seconds between two looks.
        deadline: when to give up, in seconds since 1970.
        connection: Airflow's AWS connection.
    """

    def __init__(
        self, *, uri: str, region: str, interval: float, deadline: float, connection: str = CONNECTION
    ) -> None:
        super().__init__()
        self.uri = uri
        self.aws = Aws(region, connection)
        self.interval = interval
        self.deadline = deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what another triggerer needs to go on looking."""
        return "trainyard.triggers.manifest.ManifestTrigger", {
            "uri": self.uri,
            "region": self.aws.region,
            "interval": self.interval,
            "deadline": self.deadline,
            "connection": self.aws.connection,
        }

    async def wait(self) -> dict[str, Any]:
        """Look, wait, look again."""
        patience = Patience(self.interval)
        bucket, key = split(self.uri)
        ended: dict[str, Any] = {}
        while not ended:
            pause = spread(self.interval)
            try:
                async with self.aws.open("s3") as client:
                    await acall(client, "head_object", self.uri, Bucket=bucket, Key=key)
                ended = {"outcome": "there"}
            except Absent:
                patience.over()
                ended = {"outcome": "absent"} if time.time() >= self.deadline else {}
            except AwsFailure as failure:
                if not failure.transient or not patience.trouble():
                    ended = {"outcome": "failed", "reason": str(failure), "transient": failure.transient}
                pause = patience.pause()
            if not ended:
                await asyncio.sleep(min(pause, max(0.0, self.deadline - time.time())))
        return ended | {"uri": self.uri}
