"""The tests of hosting share one bucket and its clients."""

import pytest

from tests.local_aws.sagemaker_hosting.support import Hosting
from tests.support import LocalAwsForTests


@pytest.fixture(scope="session")
def hosting(local_aws: LocalAwsForTests) -> Hosting:
    """Hosting of the test run's local_aws."""
    return Hosting(local_aws)
