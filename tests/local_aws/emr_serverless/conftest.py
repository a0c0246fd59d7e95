"""Fixtures of the tests of EMR Serverless."""

import pytest

from tests.local_aws.emr_serverless.support import Applications
from tests.support import LocalAwsForTests


@pytest.fixture(scope="session")
def applications(local_aws: LocalAwsForTests) -> Applications:
    """The test run's local_aws with a role, and a bucket for logs and code."""
    return Applications(local_aws.endpoint_url)
