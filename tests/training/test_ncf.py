"""Runs the tests of ``training_jobs/ncf`` in the environment of the PyTorch image."""

import os
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "ncf"
FILES = sorted(path.name for path in TESTS.glob("test_*.py"))

pytestmark = pytest.mark.training


@pytest.mark.parametrize("file", FILES)
def test_in_the_environment_of_the_image(file: str, torch_python: Path) -> None:
    command = [str(part) for part in (torch_python, "-m", "pytest", "-q", "-c", TESTS / "pytest.ini", TESTS / file)]
    done = subprocess.run(command, env={**os.environ, "SM_NUM_CPUS": "2"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_tests_to_run() -> None:
    assert FILES
