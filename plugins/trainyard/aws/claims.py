"""Who took which event: one note for each key below ``landing/``, changed on condition that nobody else changed it.

``s3://<bucket>/events/landing/<digest of bucket and key>.json``::

    {"key": ..., "etag": ..., "version": ..., "sequencer": ...,    the newest event that was taken
     "message": ..., "taken_at": ...,                              by which message, and when
     "handed": true,                                               Airflow has it: its message may go
     "run": "asset_triggered__..."}                                the run that loads it, and no other

"""

from __future__ import annotations

import json
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

_NOTES = "events/landing/"
_PROBE = "events/probe.json"
_PARALLEL = 8  # notes read at a time: there are as many as keys in the days until they expire
_TRIES = 20  # each lost race means that somebody else's note was written in that moment

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
        uris = [f"s3://{self.bucket}/{file.key}" for file in self.objects.listing(f"s3://{self.bucket}/{_NOTES}")]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            notes = [json.loads(found[0]) for found in pool.map(self.objects.read_tagged, uris) if found]
        mine = [note for note in notes if note.get("run", run) == run]
        names = [field.name for field in fields(Created)]
        return [
            Created(**{name: note[name] for name in names})
            for note in sorted(mine, key=lambda n: ("run" not in n, n["taken_at"]))
        ]

    def _change(self, event: Created, change: Callable[[Note | None], Note | None]) -> None:
        """Replace a note by what the change makes of it; None leaves it. A change may be asked several times."""
        digest = sha256(f"{event.bucket}\n{event.key}".encode()).hexdigest()
        uri = f"s3://{self.bucket}/{_NOTES}{digest}.json"
        for _ in range(_TRIES):
            found = self.objects.read_tagged(uri)
            note = change(json.loads(found[0]) if found else None)
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
