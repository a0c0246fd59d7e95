"""Places in the bucket where work was begun and never published: bytes that nobody may read, and that cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trainyard.aws.calls import call
from trainyard.aws.objects import objects
from trainyard.paths import place_of


@dataclass
class Unfinished:
    """A place without a manifest.

    Attributes:
        prefix: its key prefix, with the ``/`` at its end.
        size: bytes.
        newest: when its newest object was written, in seconds since 1970.
    """

    prefix: str
    size: int = 0
    newest: float = 0.0
    published: bool = False


def unfinished(client: Any, bucket: str, *, before: float) -> list[Unfinished]:
    """Return the places without a manifest that nothing was written to since a time, biggest first.

    The whole bucket is listed, a thousand objects a call.
    """
    places: dict[str, Unfinished] = {}
    for item in objects(client, bucket, ""):
        if prefix := place_of(item["Key"]):
            place = places.setdefault(prefix, Unfinished(prefix))
            place.size += int(item["Size"])
            place.newest = max(place.newest, item["LastModified"].timestamp())
            place.published |= item["Key"] == f"{prefix}manifest.json"
    old = (place for place in places.values() if not place.published and place.newest < before)
    return sorted(old, key=lambda place: -place.size)


def remove(client: Any, bucket: str, place: Unfinished) -> None:
    """Delete the objects of a place, unless a manifest has come meanwhile."""
    items = list(objects(client, bucket, place.prefix))
    if any(item["Key"] == f"{place.prefix}manifest.json" for item in items):
        return
    keys = [{"Key": item["Key"]} for item in items]
    for start in range(0, len(keys), 1000):
        batch = {"Objects": keys[start : start + 1000], "Quiet": True}
        call(client, "delete_objects", place.prefix, Bucket=bucket, Delete=batch)
