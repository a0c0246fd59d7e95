"""What others drop into the bucket for a table: which keys mean what, and which events are news.

::

    landing/shop.interactions/2026-02-02.parquet              one file: the whole partition, complete as it is
    landing/shop.interactions/2026-02-02/part-0.parquet ...   several files: complete when the next one is put
    landing/shop.interactions/2026-02-02/_SUCCESS             as Spark and Hadoop put it after all others

An object of S3 appears whole or not at all, so one file needs no mark. What lies at or below a name that begins with
``_`` or ``.`` is not data: Spark and Hadoop work in ``_temporary/`` and leave other marks, such as ``<name>_$folder$``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from trainyard.calendars import Calendar
from trainyard.compute import require
from trainyard.errors import InputError
from trainyard.partitions import Partition

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "landing/"
MARK = "_SUCCESS"
LEASE_SECONDS = 60.0  # how long whoever took an event may need to hand it over; the queue's visibility timeout

_COLUMN = r"[a-z_][a-z0-9_]*"
_TABLE = rf"{_COLUMN}\.{_COLUMN}"
_FORMATS = ("parquet", "csv", "csv.gz")
_FILE = re.compile(rf"landing/({_TABLE})/(\d{{4}}-\d\d-\d\d)\.(parquet|csv|csv\.gz)", re.ASCII)
_IN_FOLDER = re.compile(rf"landing/({_TABLE})/(\d{{4}}-\d\d-\d\d)/([A-Za-z0-9._=-]{{1,200}})", re.ASCII)
_BELOW_FOLDER = re.compile(rf"landing/{_TABLE}/\d{{4}}-\d\d-\d\d/", re.ASCII)


@dataclass(frozen=True)
class Landing:
    """A table that others fill.

    Attributes:
        table: the table.
        time: its column that says which partition a row is of: a timestamp in UTC.
        partitions: the table of complete partitions.
        calendar: how long a partition is.
        format: of the files, and the ending of their names: ``parquet``, with the table's columns in its order; or
            ``csv``, with a header line; or ``csv.gz``.
    """

    table: str
    time: str
    partitions: str = "shop.partitions"
    calendar: Calendar = Calendar.WEEKLY
    format: Literal["parquet", "csv", "csv.gz"] = "parquet"

    def __post_init__(self) -> None:
        for name in ("table", "partitions"):
            require(re.fullmatch(_TABLE, getattr(self, name)) is not None,
                    f"Landing.{name}", f"{getattr(self, name)!r} is not schema.table")  # fmt: skip
        require(re.fullmatch(_COLUMN, self.time) is not None, "Landing.time", f"{self.time!r} is no column")
        require(self.format in _FORMATS, "Landing.format", f"{self.format!r} is none of {', '.join(_FORMATS)}")

    def folder(self, partition: str) -> str:
        """Return the prefix below which several files of a partition lie, with the ``/`` at its end."""
        return f"{PREFIX}{self.table}/{partition}/"

    def file(self, partition: str) -> str:
        """Return the key of a partition that is one file."""
        return f"{PREFIX}{self.table}/{partition}.{self.format}"

    def takes(self, key: str, partition: str) -> bool:
        """Say whether a key is a file that may lie in the partition's folder: directly in it, of this format."""
        found = _IN_FOLDER.fullmatch(key)
        return found is not None and key.startswith(self.folder(partition)) and key.endswith(f".{self.format}")


@dataclass(frozen=True)
class Landings:
    """The tables that are filled from ``landing/``, and the name of what the loads leave in the bucket."""

    name: str
    tables: tuple[Landing, ...]

    def __post_init__(self) -> None:
        names = [landing.table for landing in self.tables]
        require(len(set(names)) == len(names), "Landings.tables", f"a table stands twice in {names}")

    def of(self, table: str) -> Landing:
        """Return how a table is filled.

        Raises:
            InputError: when it is not one of these.
        """
        for landing in self.tables:
            if landing.table == table:
                return landing
        known = ", ".join(landing.table for landing in self.tables)
        raise InputError(f"{table!r} is no table that is filled from {PREFIX}: those are {known}.")

    def drop(self, key: str) -> Drop:
        """Return what a key completes.

        Raises:
            InputError: when its name is odd, its table is not listed, or its file is of another format.
            PartitionError: when its day is not the first one of a partition.
        """
        whole, part = _FILE.fullmatch(key), _IN_FOLDER.fullmatch(key)
        found = whole or part
        if found is None or (part and part[3] != MARK):
            raise InputError(
                f"{key!r} completes nothing. A partition is {PREFIX}<schema>.<table>/<YYYY-MM-DD>.parquet, or a folder "
                f"{PREFIX}<schema>.<table>/<YYYY-MM-DD>/ in which {MARK} is put last."
            )
        landing = self.of(found[1])
        Partition.parse(found[2], landing.calendar)
        if whole and key != landing.file(found[2]):
            raise InputError(f"{key!r} is no {landing.format} file, which is what {landing.table} is filled from.")
        return Drop(landing.table, found[2])


@dataclass(frozen=True)
class Drop:
    """A partition that was dropped whole.

    Attributes:
        table: the table.
        partition: the first day of its partition.
    """

    table: str
    partition: str


@dataclass(frozen=True)
class Created:
    """The event of a new object.

    Attributes:
        bucket, key, etag: the object.
        version: its version id; empty in a bucket without versions.
        sequencer: grows with each change of the key: a hexadecimal number, of which the front digits count.
    """

    bucket: str
    key: str
    etag: str
    version: str
    sequencer: str

    @classmethod
    def read(cls, body: str) -> Created:
        """Read an event of S3 as EventBridge writes it into a queue.

        Raises:
            InputError: when it is none.
        """
        try:
            event = json.loads(body)
            detail = event["detail"]
            found = detail["object"]
            if (event["source"], event["detail-type"]) != ("aws.s3", "Object Created"):
                raise InputError(f"an event {event['detail-type']!r} of {event['source']!r} is none of a new object")
            return cls(
                bucket=str(detail["bucket"]["name"]),
                key=str(found["key"]),
                etag=str(found.get("etag", "")),
                version=str(found.get("version-id", "")),
                sequencer=str(found.get("sequencer", "")),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"it is no event of S3: {type(error).__name__} {error}") from None

    @property
    def completes(self) -> bool:
        """Whether a partition may be complete with it; else it waits for its folder's mark, or is not data at all."""
        part = _IN_FOLDER.fullmatch(self.key)
        if part and part[3] == MARK:
            return True
        return self.key.startswith(PREFIX) and is_data(self.key) and not _BELOW_FOLDER.match(self.key)


def is_data(key: str) -> bool:
    """Say whether a key is meant as data: marks, logs, work in progress and what stands for a folder are not."""
    names = key.removeprefix(PREFIX).split("/")[1:]
    return not key.endswith(("/", "_$folder$")) and not any(name.startswith(("_", ".")) for name in names)


def newer(one: str, other: str) -> int:
    """Compare two sequencers of a key: 1 when the first event is the later one, 0 for the same, -1 for the earlier.

    As S3 says: the shorter one is filled with zeros at its right end, then texts are compared.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    width = max(len(one), len(other))
    first, second = (text.upper().ljust(width, "0") for text in (one, other))
    return (first > second) - (first < second)


Decision = Literal["take", "late", "twice", "wait"]


def decide(found: Mapping[str, Any] | None, event: Created, message: str, now: float) -> Decision:
    """Decide what becomes of a message, by what is noted for its key.

    Args:
        found: the note; None when there is none. See ``aws.claims``.
        event: what the message says.
        message: the message's id.
        now: seconds since 1970.

    Returns:
        ``take`` it: it is news, or whoever took it did not hand it over. ``late``: something newer of the same key was
        taken. ``twice``: it was handed over. ``wait``: another message of the same event is being handed over.
    """
    if found is None:
        return "take"
    order = newer(event.sequencer, found["sequencer"])
    if order:
        return "take" if order > 0 else "late"
    if found.get("handed") or found.get("run"):
        return "twice"
    abandoned = found["message"] == message or now - found["taken_at"] >= LEASE_SECONDS
    return "take" if abandoned else "wait"
