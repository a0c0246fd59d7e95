"""Runs the tests of ``training_jobs/ncf`` in the environment of the PyTorch image."""

import re
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "ncf"


@pytest.mark.training
def test_the_job_passes_its_tests_in_the_environment_of_its_image(torch_python: Path) -> None:
    """One process for all of them: starting torch takes longer than most of the tests."""
    command = [str(part) for part in (torch_python, "-m", "pytest", "-q", "-c", TESTS / "pytest.ini", TESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 100, "the tests of the job were not found"
