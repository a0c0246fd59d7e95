"""Runs the tests of ``training_jobs/lead_scoring`` in the environment of the built-in XGBoost's image."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from local_aws.containers.environments import Environments
from local_aws.containers.images import image_for

ROOT = Path(__file__).parents[2]
TESTS = Path(__file__).parent / "lead_scoring"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


@pytest.mark.training
def test_the_job_passes_its_tests_in_the_environment_of_its_image() -> None:
    environments = Environments(ROOT / ".trainyard" / "local_aws")
    python = environments.python(image_for(IMAGE), f"pytest=={version('pytest')}")
    command = [str(part) for part in (python, "-m", "pytest", "-q", "-c", TESTS / "pytest.ini", TESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 10, "the tests of the job were not found"
