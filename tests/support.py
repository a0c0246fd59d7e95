"""Helpers that tests of several parts share."""

from typing import Any

import boto3
from botocore.config import Config

from local_aws.application import LocalAws

REGION = "us-east-1"


class LocalAwsForTests:
    """A running local_aws and clients for it."""

    def __init__(self, server: LocalAws) -> None:
        self.server = server
        self.root = server.root
        self.endpoint_url = server.endpoint_url

    def client(self, name: str, **config: Any) -> Any:
        """A boto3 client of this local_aws that does not retry, so that a test sees each answer."""
        return client(self.endpoint_url, name, **config)


class RemoteLocalAws(LocalAwsForTests):
    """A local_aws in another process. What moto keeps is one per process: a second one here would touch the first."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url


def client(endpoint_url: str, name: str, **config: Any) -> Any:
    """A boto3 client of any local_aws."""
    settings = {"retries": {"total_max_attempts": 1}, "parameter_validation": False, **config}
    return boto3.client(
        name,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(**settings),
    )
