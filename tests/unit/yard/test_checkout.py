"""What git knows of a checkout, asked of real repositories."""

from pathlib import Path

import pytest

from tests.unit.yard.checkouts import commit, git
from yard.checkout import committed, overtaken, revision
from yard.errors import YardError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone, with ``origin`` beside it."""
    origin = tmp_path / "origin"
    origin.mkdir()
    commit(origin)
    git(tmp_path, "clone", "-q", str(origin), "checkout")
    return tmp_path / "checkout"


def test_a_checkout_of_the_branchs_newest_commit_is_not_overtaken(checkout: Path) -> None:
    assert overtaken(checkout, "main") == ""


def test_another_commit_that_reached_the_branch_meanwhile_is_named(checkout: Path) -> None:
    newest = commit(checkout.parent / "origin")
    assert overtaken(checkout, "main") == newest[:12]


def test_a_commit_that_never_reached_the_branch_is_overtaken(checkout: Path) -> None:
    newest = git(checkout, "rev-parse", "HEAD")
    commit(checkout)
    assert overtaken(checkout, "main") == newest[:12]


def test_a_branch_that_nobody_knows_is_an_error_not_a_yes(checkout: Path, tmp_path: Path) -> None:
    for place, branch in ((checkout, "elsewhere"), (tmp_path, "main")):
        with pytest.raises(YardError, match=f"newest commit of {branch!r}"):
            overtaken(place, branch)


def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    assert (revision(tmp_path, ["."]), committed(tmp_path)) == ("", "")


def test_a_commit_is_told_with_what_differs_from_it_and_its_time_in_utc(checkout: Path) -> None:
    head = commit(checkout, at="2026-02-01T00:30:00+02:00")
    assert (revision(checkout, ["."]), committed(checkout)) == (head[:12], "2026-01-31T22:30:00+00:00")
    (checkout / "new.sql").write_text("SELECT 1")
    assert revision(checkout, ["."]) == f"{head[:12]}+"
