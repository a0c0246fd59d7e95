"""One local_aws with one stack for all tests of this folder: starting it costs seconds."""

from collections.abc import Iterator

import pytest

from tests.infra.stack import deploy, local_aws_process


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the local_aws."""
    with local_aws_process(tmp_path_factory.mktemp("local_aws")) as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="session")
def named(url: str) -> dict[str, str]:
    """The outputs of the stack, deployed as it is."""
    return deploy(url)
