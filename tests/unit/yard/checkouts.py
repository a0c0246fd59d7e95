"""Real git repositories, small ones."""

import os
import subprocess
from pathlib import Path

_WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip


def git(root: Path, *words: str, at: str = "2026-01-01T00:00:00+00:00") -> str:
    """Run git; what it said."""
    environment = os.environ | _WHO | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    argv = ["git", "-C", str(root), *words]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def commit(root: Path, at: str = "2026-01-01T00:00:00+00:00") -> str:
    """Commit all that there is, in a repository that is made where there is none; the commit's id."""
    if not (root / ".git").exists():
        git(root, "init", "-q", "-b", "main")
    git(root, "add", "--all")
    git(root, "commit", "-q", "--allow-empty", "-m", "a commit", at=at)
    return git(root, "rev-parse", "HEAD")
