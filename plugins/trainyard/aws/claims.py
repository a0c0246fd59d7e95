"""Who took which event: one note for each key below ``landing/``, changed on condition that nobody else changed it.

``s3://<bucket>/events/landing/<digest of bucket and key>.json``::

    {"key": ..., "etag": ..., "version": ..., "sequencer": ...,    the newest event that was taken
     "message": ..., "taken_at": ...,                              by which message, and when
     "handed": true,                                               Airflow has it: its message may go
     "run": "asset_triggered__..."}                                the run that loads it, and no other

``s3://<bucket>/events/loaded.json`` is no truth, it saves reading: by the key of a note, its ETag and the run that it
names. A note whose ETag is another one by now is read again, so nobody has to keep the two in step. A note that is no
note, because somebody has edited it, counts as none.
"""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, Exists
from trainyard.errors import CallUnavailable
from trainyard.landing import Created, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainyard.aws.objects import Objects
    from trainyard.landing import Decision

log = logging.getLogger(__name__)

_NOTES = "events/landing/"
_LOADED = "events/loaded.json"
_PROBE = "events/probe.json"
_PARALLEL = 8  # notes read at a time
_TRIES = 20  # each lost race means that somebody else's note was written in that moment

_FIELDS = [field.name for field in fields(Created)]

Note = dict[str, Any]


class Claims:
    """The notes of one bucket."""

    def __init__(self, objects: Objects, bucket: str) -> None:
        self.objects = objects
        self.bucket = bucket

    def probe(self) -> None:
        """Do with an object of no meaning what is done with a note.

        Raises:
            AwsFailure: when no event could be noted now.
        """
        uri = f"s3://{self.bucket}/{_PROBE}"
        self.objects.write(uri, b"{}", "application/json")
        self.objects.read(uri)

    def take(self, event: Created, message: str) -> Decision:
        """Note that a message's event is being handed over, unless it was, or something newer of its key was.

        Raises:
            AwsFailure: as the calls say.
        """
        decided: list[Decision] = []

        def change(found: Note | None) -> Note | None:
            now = time.time()
            decided.append(decide(found, event, message, now))
            if decided[-1] != "take":
                return None
            return asdict(event) | {"message": message, "taken_at": now}

        self._change(event, change)
        return decided[-1]

    def handed(self, event: Created) -> None:
        """Note that Airflow has the event. Nothing is noted when something newer of its key was taken meanwhile."""

        def change(found: Note | None) -> Note | None:
            mine = found is not None and found["sequencer"] == event.sequencer
            return {**(found or {}), "handed": True} if mine else None

        self._change(event, change)

    def load(self, event: Created, run: str) -> str:
        """Note that a run loads the event; return the run that does, which is another one when that came first.

        An event that was taken by nobody, because its note is gone, is this run's.
        """
        loads = [run]

        def change(found: Note | None) -> Note | None:
            mine = found is not None and found["sequencer"] == event.sequencer
            loads.append((found or {}).get("run", run) if mine else run)
            return {**(found or {}), "run": run} if mine and "run" not in (found or {}) else None

        self._change(event, change)
        return loads[-1]

    def waiting(self, run: str) -> list[Created]:
        """Return the events of this run, which may have been cleared, and then those that no run loads yet."""
        known = self._loaded()
        files = self.objects.listing(f"s3://{self.bucket}/{_NOTES}")
        current = {file.key: told for file in files if (told := known.get(file.key, "")).startswith(f"{file.etag} ")}
        others = {key: told for key, told in current.items() if told.partition(" ")[2] != run}
        unread = [file.key for file in files if file.key not in others]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            notes = {key: found for key, found in zip(unread, pool.map(self._note, unread), strict=True) if found}
        loaded = others | {key: f"{etag} {note['run']}" for key, (note, etag) in notes.items() if note.get("run")}
        if loaded != known:
            self.objects.write(f"s3://{self.bucket}/{_LOADED}", json.dumps(loaded).encode(), "application/json")
        mine = [note for note, _ in notes.values() if note.get("run", run) == run]
        mine.sort(key=lambda note: ("run" not in note, note["taken_at"]))
        return [Created(**{name: note[name] for name in _FIELDS}) for note in mine]

    def _loaded(self) -> dict[str, str]:
        found = self.objects.read_tagged(f"s3://{self.bucket}/{_LOADED}")
        try:
            return {key: str(value) for key, value in json.loads(found[0]).items()} if found else {}
        except (ValueError, AttributeError):
            return {}

    def _note(self, key: str) -> tuple[Note, str] | None:
        """Return a note and its ETag."""
        found = self.objects.read_tagged(f"s3://{self.bucket}/{key}")
        if found is None:
            return None
        if (note := _parsed(found[0])) is None:
            log.warning("%s is no note of an event, and is passed over.", key)
            return None
        return note, found[1].strip('"')

    def _change(self, event: Created, change: Callable[[Note | None], Note | None]) -> None:
        """Replace a note by what the change makes of it; None leaves it. A change may be asked several times."""
        digest = sha256(f"{event.bucket}\n{event.key}".encode()).hexdigest()
        uri = f"s3://{self.bucket}/{_NOTES}{digest}.json"
        for _ in range(_TRIES):
            found = self.objects.read_tagged(uri)
            note = change(_parsed(found[0]) if found else None)
            if note is None:
                return
            try:
                self.objects.write(
                    uri, json.dumps(note).encode(), "application/json", replaces=found[1] if found else ""
                )
            except (Exists, Absent):  # written, or deleted, since it was read
                continue
            return
        raise CallUnavailable(service="s3", call="PutObject", about=uri, reason=f"others changed it {_TRIES} times")


def _parsed(text: bytes) -> Note | None:
    try:
        note: Note = json.loads(text)
        right = isinstance(note["taken_at"], int | float)
        right = right and all(isinstance(note[name], str) for name in (*_FIELDS, "message"))
    except (ValueError, TypeError, KeyError):
        return None
    return note if right else None
