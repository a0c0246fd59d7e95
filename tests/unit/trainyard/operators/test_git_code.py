"""Code from git in the run's place, on local_aws: published once, whatever the branch does afterwards."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.account import Account
from tests.unit.trainyard.git_hosts import TOKEN, USER, Repository, by_dulwich, serving
from trainyard.aws.objects import Objects
from trainyard.errors import InputError
from trainyard.git_source import GitCode
from trainyard.operators.git_code import stage
from trainyard.settings import Settings


class Work:
    """The piece of work of one task, through its tries and generations."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.objects = Objects(account.aws.client("s3"), account.settings.kms_key)

    def stage(self, code: GitCode, *, generation: int = 1, retry: int = 0) -> dict[str, Any]:
        """One try."""
        task = self._account.task("fetch_code", generation=generation, retry=retry)
        return stage(task.job(), code, task.aws, self.objects)

    def script(self, told: dict[str, Any]) -> str:
        """The script that a training would run."""
        with tarfile.open(fileobj=io.BytesIO(self.objects.read(told["code"]))) as tar:
            found = tar.extractfile("train.py")
            assert found is not None
            return found.read().decode()


@pytest.fixture
def work(local_aws: LocalAwsForTests, settings: Settings) -> Work:
    """A task that fetches code."""
    return Work(Account(local_aws, settings))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with one commit."""
    made = Repository(tmp_path / "code.git")
    made.commit({"models/train.py": "first"})
    return made


def test_a_retry_keeps_the_commit_and_a_clear_takes_the_newest(work: Work, repository: Repository) -> None:
    code = GitCode(repository.uri, branch="main", folder="models")
    first = work.stage(code)
    newest = repository.commit({"models/train.py": "second"})
    assert work.stage(code, retry=1) == first
    assert work.script(first) == "first"
    cleared = work.stage(code, generation=2)
    assert (cleared["commit"], work.script(cleared)) == (newest, "second")
    assert work.script(first) == "first"


def test_a_retry_asks_neither_host_nor_secret_again(
    local_aws: LocalAwsForTests, work: Work, repository: Repository
) -> None:
    secret = local_aws.client("secretsmanager").create_secret(Name="trainyard/git/once", SecretString=TOKEN)["ARN"]
    with serving(by_dulwich(repository), (USER, TOKEN)) as host:
        code = GitCode(f"{host.url}/code.git", folder="models", secret=secret)
        first = work.stage(code)
    local_aws.client("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    assert work.stage(code, retry=1) == first


def test_what_is_told_says_where_the_code_is_from_and_holds_no_credentials(
    local_aws: LocalAwsForTests, work: Work, repository: Repository
) -> None:
    local_aws.client("secretsmanager").create_secret(Name="trainyard/git/told", SecretString=TOKEN)
    with serving(by_dulwich(repository), (USER, TOKEN)) as host:
        code = GitCode(f"{host.url}/code.git", folder="models", secret="trainyard/git/told")
        told = work.stage(code)
    assert told["repo"] == code.repo
    assert (told["folder"], len(told["commit"]), len(told["sha256"])) == ("models", 40, 64)
    manifest = work.objects.read(told["manifest"]).decode()
    assert json.loads(manifest)["facts"]["commit"] == told["commit"]
    assert TOKEN not in f"{told}{manifest}"


def test_a_revision_that_is_not_there_publishes_nothing(work: Work, repository: Repository) -> None:
    with pytest.raises(InputError, match="has no branch 'gone'"):
        work.stage(GitCode(repository.uri, branch="gone"))
    assert work.stage(GitCode(repository.uri, folder="models"), retry=1)["branch"] == ""
