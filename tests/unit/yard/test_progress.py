"""What a log file is told of a run that goes on."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.yard.support import task
from yard.airflow_api import Task
from yard.progress import PlainView

BEGAN = datetime(2026, 2, 2, tzinfo=UTC)


class Log:
    """A plain view, what it wrote (without the time of day), and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._written: list[str] = []
        self._view = PlainView(self._written.append, lambda: self.now)

    def show(self, *tasks: Task, **lines: str) -> list[str]:
        """What is written on this look at the run."""
        self._written.clear()
        self._view.show(list(tasks), {(name, -1): line for name, line in lines.items()})
        return [line[10:] for line in self._written]


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_step_is_told_when_it_begins_and_when_it_ends(log: Log) -> None:
    assert log.show(task("train", None)) == []
    assert log.show(task("train", "queued")) == []
    assert log.show(task("train", "running", started=BEGAN)) == ["train: running"]
    ended = BEGAN + timedelta(seconds=42)
    assert log.show(task("train", "success", started=BEGAN, ended=ended)) == ["train: success after 42 s"]
    assert log.show(task("train", "success", started=BEGAN, ended=ended)) == []


def test_that_a_worker_is_freed_while_a_job_runs_is_no_news(log: Log) -> None:
    log.show(task("train", "running", started=BEGAN))
    assert log.show(task("train", "deferred", started=BEGAN)) == []


def test_a_long_step_is_told_now_and_then_with_its_jobs_last_line(log: Log) -> None:
    running = task("train", "deferred", started=datetime.now(UTC))
    log.show(running)
    log.now = 14.9
    assert log.show(running, train="HR=0.5;") == []
    log.now = 15.0
    [line] = log.show(running, train="HR=0.6;")
    assert line.startswith("train: for ")
    assert line.endswith(": HR=0.6;")
    log.now = 20.0
    assert log.show(running, train="HR=0.7;") == []


def test_a_second_try_is_told(log: Log) -> None:
    log.show(task("train", "running", started=BEGAN))
    assert log.show(task("train", "up_for_retry", started=BEGAN)) == ["train: up for retry"]
    assert log.show(task("train", "running", tries=2, started=BEGAN)) == ["train: running, try 2"]
