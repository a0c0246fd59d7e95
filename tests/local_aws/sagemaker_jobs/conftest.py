"""Fixtures of the tests of SageMaker's jobs."""

import pytest

from tests.local_aws.sagemaker_jobs.support import Jobs
from tests.support import LocalAwsForTests


@pytest.fixture(scope="session")
def jobs(local_aws: LocalAwsForTests) -> Jobs:
    """The test run's local_aws with a bucket and a role for jobs."""
    return Jobs(local_aws)
