from collections.abc import Iterator

import pytest

from local_aws.testing import LocalAwsAdmin
from tests.support import LocalAwsForTests


@pytest.fixture
def admin(local_aws: LocalAwsForTests) -> Iterator[LocalAwsAdmin]:
    """The faults of the one local_aws of the tests; none is in force after a test."""
    admin = LocalAwsAdmin(local_aws.endpoint_url)
    yield admin
    admin.remove_faults()
