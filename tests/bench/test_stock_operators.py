"""The comparison with the stock operators runs, and ours behaves: the lines that take seconds."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lines_that_take_seconds_say_what_the_guide_says() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.stock_operators", "--only", "5", "6", "8"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "plugins"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = [line for line in ran.stdout.splitlines() if line.startswith(("| 5", "| 6", "| 8"))]
    assert len(lines) == 3
    guide = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8")
    assert [line for line in lines if line not in guide] == [], "run `make stock-operators`, and change docs/compare.md"
