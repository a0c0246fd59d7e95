"""The DAGs of the repository as Airflow parses them, once for all tests of this folder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PARSE = Path(__file__).with_name("parse.py")


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What parse.py found, in an environment that knows no account."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS"))}
    command = [sys.executable, str(PARSE), str(tmp_path_factory.mktemp("airflow"))]
    ended = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="session")
def dags(parsed: dict[str, Any]) -> dict[str, Any]:
    """The DAGs by their ids; there is at least one, or every rule would hold for nothing."""
    assert parsed["errors"] == {}
    assert parsed["dags"]
    found: dict[str, Any] = parsed["dags"]
    return found
