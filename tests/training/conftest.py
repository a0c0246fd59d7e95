"""What runs inside SageMaker containers is tested where it runs: in the environment of its image, not in this one."""

from importlib.metadata import version
from pathlib import Path

import pytest

from local_aws.containers.environments import Environments
from local_aws.containers.images import image_for

ROOT = Path(__file__).parents[2]
PYTORCH_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311"

# These tests import the jobs' own modules; the tests of this folder run them in the environments of their images.
collect_ignore = ["ncf", "lead_scoring"]


@pytest.fixture(scope="session")
def torch_python() -> Path:
    """The interpreter of the PyTorch image with pytest beside it; made once, kept for jobs and later runs."""
    environments = Environments(ROOT / ".trainyard" / "local_aws")
    return environments.python(image_for(PYTORCH_IMAGE), f"pytest=={version('pytest')}")
