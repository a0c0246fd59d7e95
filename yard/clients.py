"""boto3 clients: those that reach local_aws and nothing else, whatever the user's settings say, and an account's."""

import os
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
    """Clients of the account that boto3 finds in the environment, in the region that AWS_REGION names.

    The AWS CLI and other SDKs read that variable, too; boto3 itself reads AWS_DEFAULT_REGION and the profile, which
    count where AWS_REGION is not set.
    """

    endpoint_url: str = ""

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client."""
        return boto3.client(service, region_name=os.environ.get("AWS_REGION") or None, config=config)


@cache
def _client(endpoint_url: str, service: str) -> Any:
    session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)  # noqa: S106 - local_aws takes any
    settings = Config(retries={"max_attempts": 4, "mode": "standard"}, proxies={}, read_timeout=120)
    return session.client(service, endpoint_url=endpoint_url, config=settings)
