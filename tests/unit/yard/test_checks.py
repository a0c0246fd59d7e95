"""What the disk has to do with an error."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from yard import checks
from yard.errors import RunFailed
from yard.home import Home


def disk(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))


def test_whatever_fails_on_a_full_disk_is_told_to_come_from_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    disk(monkeypatch, 4096)
    told = checks.traced(RunFailed("Airflow does not answer."), Home(tmp_path, tmp_path))
    assert told.what == f"The disk of {tmp_path} is full. Airflow does not answer."
    assert "run the same command again" in told.remedy


def test_with_room_on_the_disk_an_error_is_what_it_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    disk(monkeypatch, 10**9)
    error = RunFailed("learn.train failed")
    assert checks.traced(error, Home(tmp_path, tmp_path / "not-made-yet")) is error
