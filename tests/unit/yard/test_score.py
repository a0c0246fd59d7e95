"""What cannot be scored is refused before anything is asked: no call is made, so none of these needs an endpoint."""

from pathlib import Path

import pytest

from yard.errors import YardError
from yard.home import Home
from yard.score import Request, score_file

REQUEST = Request("leads", "text/csv", "text/csv", payload_bytes=20, in_flight=2)


def score(monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes | None) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    source = folder / "leads.csv"
    if content is not None:
        source.write_bytes(content)
    score_file(Home(folder, folder), str(source), folder / "scores", REQUEST, on_aws=True)


def test_a_file_without_rows_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(YardError, match=r"leads\.csv holds no rows"):
        score(monkeypatch, tmp_path, b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv"]


def test_a_line_over_the_limit_is_named_with_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(YardError, match=r"leads\.csv: Line 41 is longer"):
        score(monkeypatch, tmp_path, b"1,2\n" * 40 + b"1," * 20 + b"\n")
    assert not (tmp_path / "scores.part").exists(), "nothing was sent before"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(YardError, match=r"There is no file .*leads\.csv"):
        score(monkeypatch, tmp_path, None)
