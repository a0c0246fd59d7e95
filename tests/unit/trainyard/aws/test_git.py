"""Code from git hosts: over file:// and over HTTP with a password, from dulwich's server and from git's own."""

import gc
import io
import logging
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.git_hosts import (
    LINK,
    PROGRAM,
    SUBMODULE,
    TOKEN,
    USER,
    App,
    Repository,
    by_dulwich,
    by_git,
    by_old_git,
    failing,
    git_program,
    moved_to,
    serving,
)
from trainyard.aws.calls import Absent
from trainyard.aws.git import credentials_of, resolve, source_archive
from trainyard.errors import CallRefused, CallUnavailable, InputError
from trainyard.git_source import Credentials, GitCode

needs_git = pytest.mark.skipif(not git_program(), reason="git's own server: there is no git program on this machine")
SERVERS = [pytest.param(by_dulwich, id="dulwich"), pytest.param(by_git, id="git", marks=needs_git),
           pytest.param(by_old_git, id="old-git", marks=needs_git)]  # fmt: skip
KNOWN = Credentials(USER, TOKEN)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository without commits."""
    return Repository(tmp_path / "git" / "code.git")


def unpacked(archive: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar}  # type: ignore[union-attr]  # files


def test_a_branch_becomes_the_commit_that_it_is_at(repository: Repository) -> None:
    first = repository.commit({"train.py": "1"})
    side = repository.commit({"train.py": "2"}, branch="side/one")
    assert resolve(GitCode(repository.uri)) == first
    assert resolve(GitCode(repository.uri, branch="side/one")) == side
    assert resolve(GitCode("https://never.asked.example.com/x", commit=first)) == first


def test_the_commit_stays_the_same_when_its_branch_goes_on(repository: Repository) -> None:
    code = GitCode(repository.uri, branch="main", folder="models/churn")
    repository.commit({"README": "", "models/churn/train.py": "old", "models/churn/lib/a.py": "a"})
    commit = resolve(code)
    before = source_archive(code, commit)
    repository.commit({"models/churn/train.py": "new"})
    assert source_archive(code, commit) == before
    assert unpacked(before) == {"train.py": "old", "lib/a.py": "a"}
    assert unpacked(source_archive(code, resolve(code))) == {"train.py": "new"}


def test_programs_stay_programs(repository: Repository) -> None:
    commit = repository.commit({"run.sh": "#!/bin/sh", "a.py": ""}, modes={"run.sh": PROGRAM})
    with tarfile.open(fileobj=io.BytesIO(source_archive(GitCode(repository.uri), commit))) as tar:
        assert {member.name: oct(member.mode) for member in tar} == {"a.py": "0o644", "run.sh": "0o755"}


@pytest.mark.parametrize("server", SERVERS)
def test_a_host_with_a_password_gives_the_same_archive(
    repository: Repository, server: Callable[[Repository], App], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"models/train.py": "1"})
    commit = repository.commit({"models/train.py": "2"})
    expected = source_archive(GitCode(repository.uri, folder="models"), commit)
    with serving(server(repository), (USER, TOKEN)) as host:
        code = GitCode(f"{host.url}/code.git", folder="models", secret="git-token")
        assert resolve(code, KNOWN) == commit
        if server is by_dulwich:
            monkeypatch.setattr(subprocess, "Popen", _no_process)
        assert source_archive(code, commit, KNOWN) == expected


@pytest.mark.parametrize("server", SERVERS)
def test_a_commit_that_no_branch_points_at_is_found(
    repository: Repository, server: Callable[[Repository], App]
) -> None:
    older = repository.commit({"train.py": "old"})
    repository.commit({"train.py": "new"})
    with serving(server(repository)) as host:
        assert unpacked(source_archive(GitCode(f"{host.url}/code.git"), older)) == {"train.py": "old"}


def test_wrong_credentials_are_refused_and_nowhere_told(
    repository: Repository, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    repository.commit({"train.py": ""})
    with serving(by_dulwich(repository), (USER, "another")) as host, caplog.at_level(logging.DEBUG):
        code = GitCode(f"{host.url}/code.git", secret="git-token")
        with pytest.raises(CallRefused, match=r"the host refused the credentials.*Put a token.*'git-token'") as refused:
            resolve(code, KNOWN)
        with pytest.raises(CallRefused, match=r"Put a token that may read it into a secret that GitCode\.secret"):
            resolve(GitCode(f"{host.url}/code.git"))
    told = f"{refused.value}{refused.value.__cause__}{caplog.text}{capfd.readouterr()}"
    assert TOKEN not in told
    assert not refused.value.transient


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # urllib3 drops what redirected it
def test_credentials_do_not_follow_a_redirection_to_another_host(repository: Repository) -> None:
    repository.commit({"train.py": ""})
    with serving(by_dulwich(repository)) as elsewhere, serving(moved_to(elsewhere.url)) as host:
        resolve(GitCode(f"{host.url}/code.git", secret="git-token"), KNOWN)
        assert all(host.told)
        assert elsewhere.told
        assert not any(elsewhere.told)
    gc.collect()


@pytest.mark.parametrize(
    ("status", "kind"),
    [("404 Not Found", CallRefused), ("403 Forbidden", CallRefused), ("503 Busy", CallUnavailable),
     ("429 Too Many Requests", CallUnavailable)],
)  # fmt: skip
def test_a_host_that_cannot_now_is_asked_again_and_one_that_will_not_is_not(status: str, kind: type[Exception]) -> None:
    with serving(failing(status)) as host, pytest.raises(kind, match=f"git fetch {host.url}/code.git"):
        resolve(GitCode(f"{host.url}/code.git"))


def test_a_host_that_is_not_there_may_come_back() -> None:
    with serving(failing("200 OK")) as host:
        gone = host.url
    with pytest.raises(CallUnavailable):
        resolve(GitCode(f"{gone}/code.git"))


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallRefused, match="there is no such repository"):
        resolve(GitCode(tmp_path.as_uri()))


def test_what_is_not_there_is_named(repository: Repository) -> None:
    with pytest.raises(InputError, match="is empty"):
        resolve(GitCode(repository.uri))
    commit = repository.commit({"train.py": "", "lib/a.py": ""})
    with pytest.raises(InputError, match="has no branch 'gone'"):
        resolve(GitCode(repository.uri, branch="gone"))
    with pytest.raises(InputError, match="has no commit 0000000000000000000000000000000000000001"):
        source_archive(GitCode(repository.uri), "1".zfill(40))
    for folder in ("models", "train.py", "lib/a.py/b"):
        with pytest.raises(InputError, match=f"has no folder '{folder}' at {commit}"):
            source_archive(GitCode(repository.uri, folder=folder), commit)


def test_links_and_submodules_are_refused(repository: Repository) -> None:
    link = repository.commit({"a/b": "../../etc/passwd"}, modes={"a/b": LINK})
    with pytest.raises(InputError, match=r"a/b of .* is a symbolic link"):
        source_archive(GitCode(repository.uri), link)
    module = repository.commit({"lib": "1" * 40}, modes={"lib": SUBMODULE})
    with pytest.raises(InputError, match=r"lib of .* is a submodule"):
        source_archive(GitCode(repository.uri), module)


def test_the_credentials_come_from_the_secret_that_the_code_names(local_aws: LocalAwsForTests) -> None:
    client = local_aws.client("secretsmanager")
    client.create_secret(Name="git-token", SecretString=f'{{"token": "{TOKEN}"}}')
    assert credentials_of(client, GitCode("https://git.example.com/a", secret="git-token")) == KNOWN
    assert credentials_of(client, GitCode("https://git.example.com/a")) is None
    with pytest.raises(Absent, match="GetSecretValue another"):
        credentials_of(client, GitCode("https://git.example.com/a", secret="another"))


def _no_process(*_: object, **__: object) -> None:
    raise AssertionError("a process was started")
