"""boto3 clients: those that reach local_aws and nothing else, whatever the user's settings say, and an account's."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from yard.environment import REGION


@dataclass(frozen=True)
class Aws:
    """Clients for one endpoint, each made once."""

    endpoint_url: str

    def client(self, service: str) -> Any:
        """A boto3 client; the same one for the same service."""
        return _client(self.endpoint_url, service)


@dataclass(frozen=True)
class Account(Aws):
    """Clients of the account that boto3 finds in the environment: AWS_PROFILE, AWS_REGION and the like."""

    endpoint_url: str = ""

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return boto3.client(service)


@cache
def _client(endpoint_url: str, service: str) -> Any:
    session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)  # noqa: S106 - local_aws takes any
    settings = Config(retries={"max_attempts": 4, "mode": "standard"}, proxies={}, read_timeout=120)
    return session.client(service, endpoint_url=endpoint_url, config=settings)
