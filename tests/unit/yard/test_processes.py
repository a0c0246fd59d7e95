"""Knowing our own processes, and ending them and nobody else's."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from yard import processes
from yard.home import Home

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER


class Started:
    """Starts Python programs and ends them with the test."""

    def __init__(self) -> None:
        self._all: list[subprocess.Popen[bytes]] = []

    def __call__(self, code: str, **environment: str) -> psutil.Process:
        process = subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, **environment}, stdout=subprocess.PIPE
        )
        self._all.append(process)
        assert process.stdout is not None
        process.stdout.readline()  # until it is as it will be
        return psutil.Process(process.pid)

    def end(self) -> None:
        for process in self._all:
            process.kill()
            process.communicate()


@pytest.fixture
def started() -> Iterator[Started]:
    starter = Started()
    yield starter
    starter.end()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path)


def test_a_process_is_found_by_its_record(started: Started) -> None:
    process = started(SLEEPER)
    assert processes.find(processes.record(process.pid)) == process


def test_a_stranger_with_the_number_of_ours_is_not_ours(started: Started) -> None:
    known = processes.record(started(SLEEPER).pid)
    assert processes.find({**known, "created": known["created"] - 60}) is None


@pytest.mark.parametrize("known", [None, {}, {"pid": 2**22 + 1, "created": 0.0}, {"pid": "x", "created": 0}])
def test_a_record_of_nobody_finds_nobody(known: dict[str, Any] | None) -> None:
    assert processes.find(known) is None


def test_a_dead_process_that_nobody_has_reaped_is_gone(started: Started) -> None:
    process = started(SLEEPER)
    known = processes.record(process.pid)
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process.status() == psutil.STATUS_ZOMBIE
    assert processes.find(known) is None


def test_what_carries_our_mark_is_found_and_what_carries_anothers_is_not(started: Started, home: Home) -> None:
    ours = started(SLEEPER, **{processes.MARK: str(home.state)})
    started(SLEEPER, **{processes.MARK: "/another/checkout/.trainyard"})
    started(SLEEPER)
    assert processes.marked(home) == [ours]


def test_the_mark_is_inherited_by_what_ours_start(started: Started, home: Home) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"
    parent = started(code, **{processes.MARK: str(home.state)})
    try:
        assert {found.pid for found in processes.marked(home)} == {parent.pid, *(c.pid for c in parent.children())}
        assert len(parent.children()) == 1
    finally:
        assert processes.end(processes.marked(home), 5.0) == []


def test_this_process_is_never_among_them(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = psutil.Process().environ()
    monkeypatch.setattr(psutil.Process, "environ", lambda _: {**environment, processes.MARK: str(home.state)})
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    assert not own & {found.pid for found in processes.marked(home)}


def test_a_process_that_ignores_the_wish_to_end_is_ended(started: Started) -> None:
    process = started(STUBBORN)
    assert processes.end([process], grace_seconds=0.1) == []
    assert process.status() == psutil.STATUS_ZOMBIE  # dead; the test reaps it


def test_a_process_may_end_in_its_own_way_within_the_grace(started: Started) -> None:
    code = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); " + SLEEPER
    process = started(code)
    assert processes.end([process], grace_seconds=30.0) == []
    assert process.wait() == 7
