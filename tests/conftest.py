"""What all tests share: one local_aws for the whole run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.application import LocalAws
from tests.support import LocalAwsForTests

# Python environments of containers take a minute to make: all tests, and the demo, share them.
os.environ.setdefault(
    "LOCAL_AWS_ENVIRONMENTS", str(Path(__file__).resolve().parents[1] / ".trainyard" / "local_aws" / "environments")
)


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
