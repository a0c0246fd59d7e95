"""What local_aws remembers: named tables of JSON records in one SQLite file, written through at once."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class State:
    """All tables of one state folder. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # A killed process loses nothing under WAL; only a power cut could lose the last moments, which a laptop may.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._lock = threading.RLock()
        self._tables: dict[str, Table] = {}

    def table(self, name: str) -> "Table":
        """The table of that name, created when it is first asked for."""
        with self._lock:
            if name not in self._tables:
                self._tables[name] = Table(name, self._connection, self._lock)
            return self._tables[name]

    def close(self) -> None:
        """Close the file; nothing is pending, since every write went through."""
        with self._lock:
            self._connection.close()


class Table:
    """Records by key, in the order in which their keys were first put.

    Records go in and come out as copies, so changing one changes nothing until it is put back.
    ``lock`` makes a read-change-put atomic; it may be taken again by its holder.
    """

    def __init__(self, name: str, connection: sqlite3.Connection, database_lock: threading.RLock) -> None:
        self.lock = threading.RLock()
        self._name = '"' + name.replace('"', '""') + '"'
        self._connection = connection
        self._database_lock = database_lock
        self._execute(
            f"CREATE TABLE IF NOT EXISTS {self._name} (seq INTEGER PRIMARY KEY, key TEXT UNIQUE, record TEXT)"
        )

    def get(self, key: str) -> Record | None:
        """The record, or None."""
        rows = self._execute(f"SELECT record FROM {self._name} WHERE key = ?", key)
        return _decode(rows[0][0]) if rows else None

    def put(self, key: str, record: Record) -> None:
        """Insert or replace."""
        self._execute(
            f"INSERT INTO {self._name} (key, record) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET record = excluded.record",
            key,
            json.dumps(record, default=_encode_special),
        )

    def delete(self, key: str) -> None:
        """Forget the record; nothing happens if there is none."""
        self._execute(f"DELETE FROM {self._name} WHERE key = ?", key)

    def items(self) -> list[tuple[str, Record]]:
        """All keys with their records."""
        return [
            (key, _decode(text)) for key, text in self._execute(f"SELECT key, record FROM {self._name} ORDER BY seq")
        ]

    def keys(self) -> list[str]:
        """All keys."""
        return [row[0] for row in self._execute(f"SELECT key FROM {self._name} ORDER BY seq")]

    def values(self) -> list[Record]:
        """All records."""
        return [record for _, record in self.items()]

    def __contains__(self, key: object) -> bool:
        return bool(self._execute(f"SELECT 1 FROM {self._name} WHERE key = ?", key))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return int(self._execute(f"SELECT count(*) FROM {self._name}")[0][0])

    def _execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._database_lock:
            return self._connection.execute(sql, values).fetchall()


def _encode_special(value: object) -> object:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    raise TypeError(f"{type(value).__name__} cannot be kept in the state: {value!r}")


def _decode(text: str) -> Record:
    record: Record = json.loads(text, object_hook=_decode_special)
    return record


def _decode_special(value: dict[str, Any]) -> object:
    if len(value) == 1 and "$datetime" in value:
        return datetime.fromisoformat(value["$datetime"])
    return value
