"""A folder of images of one's own, and a bucket with a role for their jobs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local_aws.sagemaker_jobs.support import Jobs
from tests.support import LocalAwsForTests

#: Writes the files of an image (path to text; those without a dot in their name are programs) and returns its address.
MakeImage = Callable[[str, dict[str, str]], str]


@pytest.fixture(scope="session")
def jobs(local_aws: LocalAwsForTests) -> Jobs:
    """The test run's local_aws with a bucket and a role for jobs."""
    return Jobs(local_aws)


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of images, which local_aws looks into."""
    monkeypatch.setenv("LOCAL_AWS_IMAGES", str(tmp_path))
    return tmp_path


@pytest.fixture
def make_image(images: Path) -> MakeImage:
    """Make an image."""

    def make(repository: str, files: dict[str, str]) -> str:
        for name, text in files.items():
            path = images / repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o644 if "." in path.name else 0o755)
        return address(repository)

    return make


def address(repository: str) -> str:
    """The address of a repository of the account."""
    return f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{repository}:1"
