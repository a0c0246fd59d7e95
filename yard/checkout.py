"""What git knows of a checkout; where there is no git, nothing."""

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path


def revision(root: Path, folders: Sequence[str]) -> str:
    """The commit of the checkout, with ``+`` after it where files of the folders differ from it; empty without git."""
    commit, differing = (
        _git(root, "rev-parse", "--short=12", "HEAD"),
        _git(root, "status", "--porcelain", "--", *folders),
    )
    return "" if commit is None or differing is None else commit + ("+" if differing else "")


def committed(root: Path) -> str:
    """When the commit of the checkout was made: in UTC, as ISO 8601 writes it; empty without git."""
    seconds = _git(root, "show", "--no-patch", "--no-show-signature", "--format=%ct", "HEAD")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else ""


def _git(root: Path, *words: str) -> str | None:
    """What git says; None where there is no git, or it refuses."""
    git = shutil.which("git")
    if not git:
        return None
    done = subprocess.run([git, "-C", str(root), *words], capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.strip()
