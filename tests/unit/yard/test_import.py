"""yard as a program: nobody sets a path for it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_module_that_uses_the_library_finds_it() -> None:
    names = [f"yard.{path.stem}" for path in sorted(ROOT.glob("yard/*.py")) if "from trainyard." in path.read_text()]
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {', '.join(names)}"
    assert names
    assert subprocess.run([sys.executable, "-I", "-c", program]).returncode == 0
