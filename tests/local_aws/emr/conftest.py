"""Fixtures of the tests of EMR."""

import pytest

from tests.local_aws.emr.support import Clusters
from tests.support import LocalAwsForTests


@pytest.fixture(scope="session")
def clusters(local_aws: LocalAwsForTests) -> Clusters:
    """The test run's local_aws with a bucket for logs and code."""
    return Clusters(local_aws.endpoint_url)
