"""pytest fixtures: one local_aws for the test run, and its faults, which end with each test."""

from collections.abc import Iterator

import pytest

from local_aws.application import LocalAws
from local_aws.testing.admin import LocalAwsAdmin


@pytest.fixture(scope="session")
def local_aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local_aws on a free port, ended with the run; its ``endpoint_url`` is what clients need."""
    server = LocalAws(tmp_path_factory.mktemp("local_aws"), port=0)
    yield server
    server.stop()


@pytest.fixture
def local_aws_admin(local_aws_server: LocalAws) -> Iterator[LocalAwsAdmin]:
    """Scripts faults; what a test leaves in force is lifted after it."""
    admin = LocalAwsAdmin(local_aws_server.endpoint_url)
    yield admin
    admin.remove_faults()
