"""What all tests share: one local_aws for the whole run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws.application import LocalAws

REGION = "us-east-1"


class LocalAwsForTests:
    """A running local_aws and clients for it."""

    def __init__(self, server: LocalAws) -> None:
        self.server = server
        self.root = server.root
        self.endpoint_url = server.endpoint_url

    def client(self, name: str, **config: Any) -> Any:  # noqa: ANN401 - boto3 clients have no static type
        """A boto3 client of this local_aws that does not retry, so that a test sees each answer."""
        return client(self.endpoint_url, name, **config)


def client(endpoint_url: str, name: str, **config: Any) -> Any:  # noqa: ANN401 - boto3 clients have no static type
    """A boto3 client of any local_aws."""
    settings = {"retries": {"max_attempts": 1}, "parameter_validation": False, **config}
    return boto3.client(
        name,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - any key will do
        config=Config(**settings),
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
