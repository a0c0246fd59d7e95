"""Where everything lies: the repository, and ``.trainyard/`` for all that is made while it runs."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Names another state folder than ``.trainyard``.
STATE_VARIABLE = "TRAINYARD_STATE"


@dataclass(frozen=True)
class Home:
    """The repository and its state folder."""

    root: Path
    state: Path

    @classmethod
    def find(cls) -> "Home":
        """The checkout this file lies in, with ``.trainyard`` or the folder that ``TRAINYARD_STATE`` names."""
        root = Path(__file__).resolve().parents[1]
        return cls(root, Path(os.environ.get(STATE_VARIABLE) or root / ".trainyard").resolve())

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME: the database, and the logs of tasks."""
        return self.state / "airflow"

    @property
    def local_aws(self) -> Path:
        """The state folder of local_aws: buckets, the warehouse, environments of containers."""
        return self.state / "local_aws"

    @property
    def data(self) -> Path:
        """Generated data."""
        return self.state / "data"

    @property
    def reports(self) -> Path:
        """One HTML and one JSON file a run."""
        return self.state / "reports"

    @property
    def logs(self) -> Path:
        """The output of the services that we start."""
        return self.state / "logs"

    @property
    def run(self) -> Path:
        """Who runs at present: process ids, and what the services were told."""
        return self.state / "run"

    def make(self) -> None:
        """Create the folders; the state folder is the user's alone, because keys of the local Airflow lie in it.

        :raises OSError: on a full disk or without permission.
        """
        for folder in (self.state, self.airflow, self.local_aws, self.data, self.reports, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)

    def shown(self, path: Path) -> str:
        """A path as a person in the repository would write it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None when there is no file, or only half of one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return content if isinstance(content, dict) else None


def write_json(path: Path, content: dict[str, Any], mode: int = 0o644) -> None:
    """Write a file whole or not at all: readers never see half of it.

    :raises OSError: on a full disk.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, default=str)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
