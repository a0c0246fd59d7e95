"""S3's events: a bucket that says so tells EventBridge of every new object.

An event that a rule matches is written down before the call that made the object is answered, and forgotten when the
message that carries it is deleted from its queue (the first of them, if there are several). So it outlives a killed
process: the next one delivers it again, as EventBridge and SQS may, too.
"""

import json
import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

from local_aws import moto_bridge
from local_aws.objects import ObjectInfo
from local_aws.world import World

log = logging.getLogger("local_aws")

_LONGEST_RETENTION_SECONDS = 14 * 24 * 3600.0  # of a message in SQS


class ObjectEvents:
    """Makes the events of new objects, and delivers them in the order in which they were made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept = world.state.table("s3.events")
        self._going: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._deliver_all, name="s3-events", daemon=True)
        self._newest = 0
        self._left = self._kept.items()  # by an earlier process: nobody is served yet
        world.objects.created = self.created

    def start(self) -> None:
        """Deliver what an earlier process left, then whatever comes."""
        for event_id, record in self._left:
            if time.time() - record["event"]["time"] < _LONGEST_RETENTION_SECONDS:
                self._going.put(event_id)
            else:
                self._kept.delete(event_id)
        moto_bridge.on_message_deleted(self._taken)
        self._thread.start()

    def stop(self) -> None:
        """End the delivery."""
        moto_bridge.no_longer_on_message_deleted(self._taken)
        self._going.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def created(self, info: ObjectInfo, reason: str) -> None:
        """Make the event of a new object, if anybody wants it; called while nothing else can happen to the key."""
        if not moto_bridge.sends_events(info.bucket):
            return
        event = self._event(info, reason)
        rules = moto_bridge.rules_for(event)
        if rules:
            self._kept.put(event["id"], {"event": event, "rules": rules})
            self._going.put(event["id"])

    def _event(self, info: ObjectInfo, reason: str) -> dict[str, Any]:
        """The event as S3 sends it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html."""
        world = self._world
        # Sequencers of a key grow, over restarts, too.
        self._newest = max(self._newest + 1, time.time_ns())
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": world.account,
            "time": int(datetime.now(UTC).timestamp()),
            "region": world.region,
            "resources": [f"arn:aws:s3:::{info.bucket}"],
            "detail": {
                "version": "0",
                "bucket": {"name": info.bucket},
                "object": {
                    "key": info.key,
                    "size": info.size,
                    "etag": info.etag,
                    "sequencer": f"{self._newest:018X}",
                },
                "request-id": uuid.uuid4().hex[:16].upper(),
                "requester": world.account,
                "source-ip-address": "127.0.0.1",
                "reason": reason,
            },
        }

    def _deliver_all(self) -> None:
        while (event_id := self._going.get()) is not None:
            record = self._kept.get(event_id)
            if record is None:
                continue
            for rule in record["rules"]:
                try:
                    moto_bridge.deliver(record["event"], rule)
                except Exception:  # the other rules, and the next events, must not wait for one that cannot be reached
                    log.exception("The rule %s could not be given an event", rule)
            if not any(moto_bridge.has_a_queue(rule, self._world.region) for rule in record["rules"]):
                self._kept.delete(event_id)  # nobody will tell that it was taken

    def _taken(self, body: str) -> None:
        """Forget the event of a message that was deleted from its queue."""
        try:
            event_id = json.loads(body)["id"]
        except (ValueError, TypeError, KeyError):
            return
        self._kept.delete(str(event_id))
