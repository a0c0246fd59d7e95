"""Helpers that tests of several parts share."""

import warnings
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_aws.application import LocalAws
from yard import infra
from yard.clients import Aws

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


def stack_of(local_aws: LocalAwsForTests) -> dict[str, str]:
    """The outputs of the stack of ``infra/``, deployed to a local_aws that may have run jobs without it.

    Those jobs' log groups have the names of the stack's own; without it, nobody needs them any more.
    """
    aws = Aws(local_aws.endpoint_url)
    if not infra.outputs(aws):
        logs = local_aws.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # moto warns of what of the template it takes without effect
        return infra.deploy(aws, Path(__file__).parents[1] / "infra" / "trainyard.yaml")
