"""What all tests of a process share: one local_aws for the whole run; and how several processes share the tests."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.application import LocalAws
from tests.support import LocalAwsForTests

# Python environments of containers take a minute to make: all tests, and the demo, share them.
os.environ.setdefault(
    "LOCAL_AWS_ENVIRONMENTS", str(Path(__file__).resolve().parents[1] / ".trainyard" / "local_aws" / "environments")
)
# Airflow makes its home when it is imported. Tests that start an Airflow give it a home of its own.
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

_MAKING = pytest.StashKey[subprocess.Popen[bytes]]()
_NEEDS_TORCH = ("end_to_end", "training")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Called when several processes share the tests: each takes a suite at a time."""
    from tests.suites import BySuite

    return BySuite(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to make the environment that training takes a minute to install, while other tests run."""
    if getattr(session.config, "workerinput", {}).get("workerid", "gw0") != "gw0":
        return  # every process has collected all tests: the first one does it
    if any(item.get_closest_marker(name) for item in session.items for name in _NEEDS_TORCH):
        command = [sys.executable, "-m", "local_aws.containers.prepare", "pytorch"]
        root = Path(__file__).resolve().parents[1]
        session.config.stash[_MAKING] = subprocess.Popen(
            command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End that, should it still be at it: whoever needs it makes it again."""
    making = session.config.stash.get(_MAKING, None)
    if making:
        making.send_signal(signal.SIGINT)  # ends its pip, too
        making.wait()


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsForTests]:
    """The one local_aws of the test run, on a free port, ended with it."""
    server = LocalAws(tmp_path_factory.mktemp("local_aws"), port=0)
    yield LocalAwsForTests(server)
    server.stop()


@pytest.fixture
def local_aws_folder(tmp_path: Path) -> Path:
    """A state folder for a test that starts and restarts a local_aws of its own."""
    return tmp_path / "state"
