"""A local_aws in a process of its own, for what is measured against it."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


def until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Return a condition's value as soon as it is true.

    Raises:
        TimeoutError: when that takes too long.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("What was waited for did not come.")
        time.sleep(0.2)
    return value


@contextmanager
def local_aws(state: Path) -> Iterator[str]:
    """Start it on a free port, and end it with the block.

    :param state: a folder for its state and its log.
    :returns: its address.
    """
    argv = [sys.executable, "-m", "local_aws", "--port", "0", "--state", str(state / "local_aws")]
    with (state / "local_aws.log").open("w+") as log:
        server = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield until(lambda: _address(state / "local_aws.log"), 60)
        finally:
            server.terminate()
            server.wait(30)


def _address(log: Path) -> str:
    for word in log.read_text(encoding="utf-8").split():
        if word.startswith("http://127.0.0.1:"):
            return word.rstrip(".,)")
    return ""
