"""What git knows of a checkout; where there is no git, nothing."""

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from yard.errors import YardError


def revision(root: Path, folders: Sequence[str]) -> str:
    """The commit of the checkout, with ``+`` after it where files of the folders differ from it; empty without git."""
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    differing = _git(root, "status", "--porcelain", "--", *folders)
    return "" if commit is None or differing is None else commit + ("+" if differing else "")


def committed(root: Path) -> str:
    """When the commit of the checkout was made: in UTC, as ISO 8601 writes it; empty without git."""
    seconds = _git(root, "show", "--no-patch", "--no-show-signature", "--format=%ct", "HEAD")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else ""


def overtaken(root: Path, branch: str) -> str:
    """The newest commit of a branch at ``origin``, where it is another than the checkout's; else empty.

    :raises YardError: when git does not know.
    """
    head, told = _git(root, "rev-parse", "HEAD"), _git(root, "ls-remote", "origin", f"refs/heads/{branch}")
    if not head or not told:
        raise YardError(
            f"git does not know the newest commit of {branch!r} at origin.",
            "A checkout with its remote is needed, and the right to read that.",
        )
    newest = told.split()[0]
    return "" if newest == head else newest[:12]


def ignored(root: Path, folders: Sequence[str]) -> frozenset[str]:
    """The files of the folders that git ignores; none without git, or where it ignores the whole checkout."""
    if _git(root, "check-ignore", "--quiet", ".") is not None:
        return frozenset()
    told = _git(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", *folders)
    return frozenset((told or "").split("\0"))


def _git(root: Path, *words: str) -> str | None:
    """What git says; None where there is no git, or it refuses."""
    git = shutil.which("git")
    if not git:
        return None
    done = subprocess.run([git, "-C", str(root), *words], capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.strip()
