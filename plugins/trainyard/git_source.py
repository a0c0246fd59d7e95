"""Training code from a revision of a git repository, as SageMaker's ``git_config`` names it.

A run resolves the revision to one commit, once; every later try of every task takes that commit. The credentials come
from AWS Secrets Manager when they are needed and are kept nowhere: not in the specification, whose field is the name of
the secret, not in XCom, logs, process arguments or the archive.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import urlsplit

from trainyard.archive import tar_gz
from trainyard.compute import require
from trainyard.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_COMMIT = re.compile(r"[0-9a-f]{40}")
#: What git check-ref-format forbids in the name of a branch, as far as it could mean something else.
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|^[-/.]|[/.]$|//|/\.|\.lock(/|$)")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
#: Hosts that want a token take any user name but an empty one; Bitbucket wants ``x-token-auth``.
_TOKEN_USER = "x-access-token"  # noqa: S105 - a user's name, which GitHub documents for its tokens
_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"


@dataclass(frozen=True)
class GitCode:
    """Which code.

    Attributes:
        repo: the repository's address, ``https://...`` (or ``file:///...`` on this machine), without credentials.
        commit: the commit's full hash. Without it the branch's newest commit at the time of the run.
        branch: the branch; empty is the repository's own default.
        folder: the folder below the repository's root that becomes the source folder; empty is the root.
        secret: name or ARN of the secret with the credentials (see ``Credentials.parse``); empty: it needs none.
    """

    repo: str
    commit: str = ""
    branch: str = ""
    folder: str = ""
    secret: str = ""

    def __post_init__(self) -> None:
        url = urlsplit(self.repo)
        # Its text must not be told: it may hold a password.
        require("@" not in url.netloc, "GitCode.repo", "has credentials in it: put them into a secret, and name that")
        is_file = url.scheme == "file" and not url.netloc and url.path.startswith("/")
        require(is_file or (url.scheme in ("https", "http") and bool(url.hostname)), "GitCode.repo",
                f"{self.repo!r} is no https address of a repository")  # fmt: skip
        require(not url.query and not url.fragment, "GitCode.repo", f"{self.repo!r} has a query or a fragment")
        require(url.scheme == "https" or not self.secret or url.hostname in _THIS_MACHINE, "GitCode.repo",
                "is not https: credentials would travel in the clear")  # fmt: skip
        require(not self.commit or _COMMIT.fullmatch(self.commit) is not None, "GitCode.commit",
                f"{self.commit!r} is no full hash of 40 hexadecimal digits")  # fmt: skip
        require(not _NO_BRANCH.search(self.branch), "GitCode.branch", f"{self.branch!r} is no name of a branch")
        path = PurePosixPath(self.folder)
        require(not path.is_absolute() and ".." not in path.parts, "GitCode.folder",
                f"{self.folder!r} is no folder below the repository's root")  # fmt: skip

    @property
    def parts(self) -> tuple[str, ...]:
        """The folder, name by name; none for the root."""
        return PurePosixPath(self.folder).parts


@dataclass(frozen=True)
class Credentials:
    """What a git host wants to know. Its text shows neither."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str, secret: str) -> Credentials:
        """Read a secret: JSON with ``token``, or with ``username`` and ``password`` (or ``token``); or a bare token.

        Args:
            text: what the secret holds.
            secret: its name, told in the error. Nothing of its text is.

        Raises:
            InputError: when it is none of these.
        """
        try:
            held = json.loads(text)
        except json.JSONDecodeError:
            held = {"token": text.strip()}
        named = held if isinstance(held, dict) else {}
        password = named.get("token") or named.get("password")
        username = named.get("username") or (_TOKEN_USER if named.get("token") else "")
        if not _is_told(username) or not _is_told(password) or ":" in username:
            raise InputError(
                f"The secret {secret!r} holds no credentials for git. Remedy: store a token, or JSON with 'token', or "
                "with 'username' and 'password'."
            )
        return cls(username=username, password=password)


def _is_told(value: Any) -> TypeGuard[str]:
    """Whether a part of the credentials is a text that fits into a header."""
    return isinstance(value, str) and re.fullmatch(r"[^\x00-\x1f\x7f]+", value) is not None


def pack(files: Mapping[str, bytes], executables: Collection[str], code: GitCode, commit: str) -> bytes:
    """Return the ``sourcedir.tar.gz`` of a commit's folder.

    Args:
        files: the files of the folder, by their paths in it.
        executables: the paths of those that are programs.
        code: where they are from; told in errors.
        commit: of which commit.

    Raises:
        InputError: when there is no file, or one whose content git does not hold.
    """
    where = f"{code.repo} at {commit}"
    if not files:
        raise InputError(f"There is no file in the folder {code.folder or '/'!r} of {where}.")
    for name in sorted(files):
        if files[name].startswith(_LFS_POINTER):
            raise InputError(
                f"{name} of {where} is a pointer of Git LFS: its content is not in git. Remedy: put it into S3."
            )
    return tar_gz(files, executables)
