"""Fixtures of the tests of SageMaker Pipelines."""

import pytest

from tests.local_aws.sagemaker_pipelines.support import Pipelines
from tests.support import LocalAwsForTests


@pytest.fixture(scope="session")
def pipelines(local_aws: LocalAwsForTests) -> Pipelines:
    """The test run's local_aws with a bucket and a role for jobs."""
    return Pipelines(local_aws)
