"""A sample of the crash matrix, with an Airflow and a local_aws of its own; the whole is ``make crash-matrix``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]


def test_a_lost_worker_starts_no_second_job_and_a_killed_task_leaves_none(tmp_path: Path) -> None:
    kinds = ["--kinds", "processing", "statement"]
    scenarios = ["--scenarios", "worker killed before the reply", "marked failed"]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash_matrix", *kinds, *scenarios, "--state", str(tmp_path / "state")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "plugins"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert "4 cells, 0 wrong" in ended.stdout
