"""Code from a git revision: what may be asked for, what a secret may hold, what is packed."""

import gzip
import io
import json
import tarfile

import pytest

from trainyard.archive import tar_gz
from trainyard.errors import InputError, SpecError
from trainyard.git_source import Credentials, GitCode, pack

REPO = "https://git.example.com/team/code.git"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "code",
    [
        {"repo": REPO},
        {"repo": REPO, "commit": COMMIT, "branch": "feature/x-1", "folder": "models/churn", "secret": "git-token"},
        {"repo": "file:///srv/git/code.git", "branch": "main"},
        {"repo": "http://git.example.com/public.git"},
        {"repo": "http://127.0.0.1:8000/code.git", "secret": "git-token"},
    ],
)
def test_these_are_revisions(code: dict[str, str]) -> None:
    assert GitCode(**code).repo == code["repo"]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("repo", "git@git.example.com:team/code.git", "GitCode.repo: .* is no https address"),
        ("repo", "https://person:pass-word@git.example.com/code.git", "GitCode.repo: has credentials in it"),
        ("repo", "--upload-pack=touch /tmp/x", "GitCode.repo: '--upload-pack"),
        ("repo", "ext::sh -c touch% /tmp/x", "GitCode.repo: 'ext::sh"),
        ("repo", "ssh://git.example.com/code.git", "GitCode.repo: 'ssh://"),
        ("repo", "file://elsewhere/code.git", "GitCode.repo: 'file://"),
        ("repo", f"{REPO}?ref=main", "GitCode.repo: .* has a query"),
        ("commit", "0123456", "GitCode.commit: '0123456' is no full hash of 40"),
        ("commit", "main", "GitCode.commit: 'main' is no full hash"),
        ("branch", "--force", "GitCode.branch: '--force' is no name of a branch"),
        ("branch", "a..b", "GitCode.branch"),
        ("branch", "a b", "GitCode.branch"),
        ("folder", "../elsewhere", "GitCode.folder: .* is no folder below"),
        ("folder", "/etc", "GitCode.folder"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as wrong:
        GitCode(**{"repo": REPO, field: value})
    assert "pass-word" not in str(wrong.value)


def test_credentials_do_not_travel_in_the_clear() -> None:
    with pytest.raises(SpecError, match="is not https: credentials would travel in the clear"):
        GitCode("http://git.example.com/code.git", secret="git-token")


@pytest.mark.parametrize(
    ("text", "username"),
    [
        ("t0ken", "x-access-token"),
        ("t0ken\n", "x-access-token"),
        (json.dumps({"token": "t0ken"}), "x-access-token"),
        (json.dumps({"username": "x-token-auth", "token": "t0ken"}), "x-token-auth"),
        (json.dumps({"username": "person", "password": "t0ken"}), "person"),
    ],
)
def test_a_secret_holds_a_token_or_a_user_and_a_password(text: str, username: str) -> None:
    found = Credentials.parse(text, "git-token")
    assert (found.username, found.password) == (username, "t0ken")
    assert repr(found) == "Credentials()"


@pytest.mark.parametrize(
    "text", ["", "{}", '{"password": "t0ken"}', '["t0ken"]', '{"token": 7}', "t0ken\nmore", "12345"]
)
def test_a_secret_without_credentials_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(InputError, match="The secret 'git-token' holds no credentials for git") as wrong:
        Credentials.parse(text, "git-token")
    assert "t0ken" not in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_an_archive_is_the_same_bytes_for_the_same_files() -> None:
    one = tar_gz({"b.sh": b"b", "a/é.py": b"c"}, {"b.sh"})
    assert one == tar_gz({"a/é.py": b"c", "b.sh": b"b"}, {"b.sh"})
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        members = [(member.name, oct(member.mode), member.mtime, member.uname) for member in archive]
    assert members == [("a/é.py", "0o644", 0, ""), ("b.sh", "0o755", 0, "")]
    assert gzip.decompress(one)


def test_what_git_does_not_hold_is_not_packed() -> None:
    code = GitCode(REPO, folder="models")
    with pytest.raises(InputError, match=f"There is no file in the folder 'models' of {REPO} at {COMMIT}"):
        pack({}, (), code, COMMIT)
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    with pytest.raises(InputError, match=r"big\.bin of .* is a pointer of Git LFS"):
        pack({"a.py": b"", "big.bin": pointer}, (), code, COMMIT)
