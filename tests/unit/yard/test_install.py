"""When the environment counts as whole."""

from pathlib import Path

import pytest

from yard import install


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / "trainyard.stamp").write_text(install.stamp(b"numpy==1", "3.11.7"))
    return tmp_path


def test_an_environment_is_whole_for_what_it_was_made_from(venv: Path) -> None:
    assert install.is_whole(venv, install.stamp(b"numpy==1", "3.11.7"))


def test_other_requirements_want_another_environment(venv: Path) -> None:
    assert not install.is_whole(venv, install.stamp(b"numpy==2", "3.11.7"))


def test_another_python_wants_another_environment(venv: Path) -> None:
    assert not install.is_whole(venv, install.stamp(b"numpy==1", "3.12.1"))


@pytest.mark.parametrize("lost", ["trainyard.stamp", "bin/python"])
def test_a_half_made_environment_is_not_whole(venv: Path, lost: str) -> None:
    (venv / lost).unlink()
    assert not install.is_whole(venv, install.stamp(b"numpy==1", "3.11.7"))


def test_an_environment_that_is_not_there_is_not_whole(tmp_path: Path) -> None:
    assert not install.is_whole(tmp_path / ".venv", "anything")
