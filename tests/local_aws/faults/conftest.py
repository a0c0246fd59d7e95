import pytest

from tests.local_aws.sagemaker_jobs.support import Jobs
from tests.support import LocalAwsForTests


@pytest.fixture(scope="module")
def jobs(local_aws: LocalAwsForTests) -> Jobs:
    return Jobs(local_aws)
