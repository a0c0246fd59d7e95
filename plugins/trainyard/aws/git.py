"""A commit's files from a git host, in memory: no git program, no checkout, no credentials outside this process.

dulwich speaks git's protocol. It sends the credentials to the repository's own host only, not after a redirection.
"""

from __future__ import annotations

import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from airflow.sdk.log import mask_secret
from dulwich.client import HTTPUnauthorized, LocalGitClient, Urllib3HttpGitClient
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.repo import MemoryRepo

from trainyard.aws.calls import call
from trainyard.errors import AwsFailure, CallRefused, CallUnavailable, InputError
from trainyard.git_source import Credentials, GitCode, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dulwich.client import GitClient
    from dulwich.object_store import BaseObjectStore

_SECONDS = 60.0  # of silence of the host
_SYMLINK = 0o120000
_SUBMODULE = 0o160000


def credentials_of(client: Any, code: GitCode) -> Credentials | None:
    """Return the credentials of a repository; None where it needs none.

    Args:
        client: of Secrets Manager.
        code: names the secret.

    Raises:
        AwsFailure: when the secret cannot be read.
        InputError: when it holds no credentials.
    """
    if not code.secret:
        return None
    reply = call(client, "get_secret_value", code.secret, SecretId=code.secret)
    found = Credentials.parse(reply.get("SecretString", ""), code.secret)
    mask_secret(found.password)  # should it ever come back in somebody's message
    return found


def resolve(code: GitCode, credentials: Credentials | None = None) -> str:
    """Return the full hash of the commit that the revision means now.

    Raises:
        InputError: when there is no such branch.
        CallRefused: when the host does not know the repository or the credentials.
        CallUnavailable: when it cannot be reached.
    """
    if code.commit:
        return code.commit
    refs = _told(code, lambda client, path: client.get_refs(path.encode()).refs, credentials)
    name = f"refs/heads/{code.branch}".encode() if code.branch else b"HEAD"
    found = refs.get(name)
    if found is None:
        raise InputError(f"{code.repo} has no branch {code.branch!r}." if code.branch else f"{code.repo} is empty.")
    return str(found.decode())


def source_archive(code: GitCode, commit: str, credentials: Credentials | None = None) -> bytes:
    """Return the folder of a commit as ``sourcedir.tar.gz``, the same bytes whenever it is asked for.

    The commit alone is fetched; where a host hands out no commit by its hash, the branch with its history is, too. It
    is held in memory.

    Raises:
        InputError: when there is no such commit or folder, or it holds what an archive cannot.
        CallRefused: when the host does not know the repository or the credentials.
        CallUnavailable: when it cannot be reached.
    """
    objects = _fetched(code, commit, credentials)
    tree = _tree(objects, code, commit)
    files: dict[str, bytes] = {}
    executables: set[str] = set()
    for path, mode, sha in _walk(objects, tree, ""):
        if stat.S_IFMT(mode) in (_SYMLINK, _SUBMODULE):
            kind = "a symbolic link" if stat.S_IFMT(mode) == _SYMLINK else "a submodule"
            raise InputError(f"{path} of {code.repo} at {commit} is {kind}. Remedy: put the files themselves there.")
        blob = objects[sha]
        assert isinstance(blob, Blob)  # noqa: S101 - what git's object format says of such an entry
        files[path] = blob.data
        if mode & 0o100:
            executables.add(path)
    return pack(files, executables, code, commit)


def _fetched(code: GitCode, commit: str, credentials: Credentials | None) -> BaseObjectStore:
    """The objects of a commit."""
    wanted = ObjectID(commit.encode())
    repo = MemoryRepo()

    def fetch(client: GitClient, path: str) -> None:
        client.fetch(path, repo, determine_wants=lambda _refs, depth=None: [wanted], depth=1)  # noqa: ARG005

    try:
        _told(code, fetch, credentials)
    except AwsFailure:  # hosts differ in how they refuse a hash; where it is something else, the branch fails, too
        repo = MemoryRepo()
        tip = _tip(code, credentials)

        def fetch_branch(client: GitClient, path: str) -> None:
            client.fetch(path, repo, determine_wants=lambda _refs, depth=None: [tip])  # noqa: ARG005

        _told(code, fetch_branch, credentials)
    if wanted not in repo.object_store:
        raise InputError(f"{code.repo} has no commit {commit}.")
    return repo.object_store


def _tip(code: GitCode, credentials: Credentials | None) -> ObjectID:
    newest = GitCode(code.repo, branch=code.branch, secret=code.secret)
    return ObjectID(resolve(newest, credentials).encode())


def _tree(objects: BaseObjectStore, code: GitCode, commit: str) -> Tree:
    found = objects[ObjectID(commit.encode())]
    if not isinstance(found, Commit):
        raise InputError(f"{commit} of {code.repo} is no commit.")
    tree = _folder(objects, found.tree)
    for name in code.parts:
        entries = {entry.path: entry.sha for entry in tree.iteritems() if stat.S_ISDIR(entry.mode)}
        if name.encode() not in entries:
            raise InputError(f"{code.repo} has no folder {code.folder!r} at {commit}.")
        tree = _folder(objects, entries[name.encode()])
    return tree


def _folder(objects: BaseObjectStore, sha: ObjectID) -> Tree:
    tree = objects[sha]
    assert isinstance(tree, Tree)  # noqa: S101 - of a commit, or of an entry that is a folder
    return tree


def _walk(objects: BaseObjectStore, tree: Tree, folder: str) -> Iterator[tuple[str, int, ObjectID]]:
    """Path, mode and hash of each file."""
    for entry in tree.iteritems():
        path = f"{folder}{entry.path.decode()}"
        if stat.S_ISDIR(entry.mode):
            yield from _walk(objects, _folder(objects, entry.sha), f"{path}/")
        else:
            yield path, entry.mode, entry.sha


def _told(code: GitCode, ask: Callable[[GitClient, str], Any], credentials: Credentials | None) -> Any:
    """Ask the host; its failures in words."""
    said = {"service": "git", "call": "fetch", "about": code.repo}
    secret = f"the secret {code.secret!r}" if code.secret else "a secret that GitCode.secret names"
    try:
        with _client(code, credentials) as (client, path):
            return ask(client, path)
    except HTTPUnauthorized:
        raise CallRefused(
            **said, reason="the host refused the credentials", remedy=f"Put a token that may read it into {secret}."
        ) from None
    except (NotGitRepository, KeyError):
        reason = "there is no such repository, or it is hidden from these credentials"
        raise CallRefused(**said, reason=reason, remedy=f"Check the address, and {secret}.") from None
    except (HangupException, OSError) as error:
        raise CallUnavailable(**said, reason=f"{type(error).__name__}: {error}") from None
    except GitProtocolError as error:
        kind = CallUnavailable if _may_pass(str(error)) else CallRefused
        raise kind(**said, reason=str(error)) from None


def _may_pass(message: str) -> bool:
    """Whether dulwich's words are of a lost connection, a time-out, throttling or a server's own failure."""
    passing = ("Max retries exceeded", "timed out", "Connection", "http resp 429", "http resp 5")
    return any(text in message for text in passing)


@contextmanager
def _client(code: GitCode, credentials: Credentials | None) -> Iterator[tuple[GitClient, str]]:
    url = urlsplit(code.repo)
    if url.scheme == "file":
        yield LocalGitClient(), url2pathname(url.path)
        return
    known = {"username": credentials.username, "password": credentials.password} if credentials else {}
    client = Urllib3HttpGitClient(code.repo, timeout=_SECONDS, **known)  # type: ignore[arg-type]  # both are texts
    try:
        yield client, url.path
    finally:
        client.pool_manager.clear()
