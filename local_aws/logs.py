"""CloudWatch Logs of the jobs, kept in files: one JSON line an event, a file a stream."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from local_aws.moto_bridge import ensure_log_group


@dataclass(frozen=True)
class LogEvent:
    """One line. ``timestamp`` is in milliseconds since the epoch, as CloudWatch has it."""

    timestamp: int
    message: str


class LogWriter:
    """Appends to one stream; a reader sees each line at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Append one event."""
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps([int(time.time() * 1000), line], ensure_ascii=False) + "\n")
                self._file.flush()

    def close(self) -> None:
        """No more events; later writes are dropped, since a stopped job may still have lines under way."""
        with self._lock:
            self._file.close()


class JobLogs:
    """All log groups that jobs write to."""

    def __init__(self, root: Path, region: str) -> None:
        self._root = root / "logs"
        self._region = region
        self._root.mkdir(parents=True, exist_ok=True)
        for group in self.groups():
            ensure_log_group(group, region)

    def stream(self, group: str, stream: str) -> LogWriter:
        """Open a stream for writing; group and stream come to be."""
        ensure_log_group(group, self._region)
        folder = self._root / _file_name(group)
        folder.mkdir(exist_ok=True)
        return LogWriter(folder / _file_name(stream))

    def groups(self) -> list[str]:
        """All groups that jobs have written to."""
        return sorted(unquote(folder.name) for folder in self._root.iterdir())

    def streams(self, group: str, prefix: str = "") -> list[str]:
        """The streams of a group, by name."""
        folder = self._root / _file_name(group)
        names = [unquote(file.name) for file in folder.iterdir()] if folder.is_dir() else []
        return sorted(name for name in names if name.startswith(prefix))

    def events(self, group: str, stream: str) -> Iterator[LogEvent]:
        """The events of a stream, oldest first."""
        with self.path(group, stream).open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    timestamp, message = json.loads(line)
                    yield LogEvent(timestamp, message)

    def path(self, group: str, stream: str) -> Path:
        """The file behind a stream, for people."""
        return self._root / _file_name(group) / _file_name(stream)

    def tail(self, group: str, stream_prefix: str, count: int) -> list[str]:
        """The last lines of the last stream with that prefix; empty if there is none."""
        streams = self.streams(group, stream_prefix)
        return [event.message for event in self.events(group, streams[-1])][-count:] if streams else []


def _file_name(name: str) -> str:
    return quote(name, safe="")
