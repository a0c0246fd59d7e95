"""Which versions of the code there are, and going back to one."""

import json
from pathlib import Path

import pytest

from tests.support import LocalAwsForTests
from tests.unit.yard.test_release import bucket, root, write
from yard import release
from yard.clients import Aws
from yard.errors import YardError
from yard.versions import difference, roll_back, told, versions

__all__ = ["bucket", "root"]  # fixtures


@pytest.fixture
def aws(local_aws: LocalAwsForTests) -> Aws:
    return Aws(local_aws.endpoint_url)


def changed(root: Path) -> Path:
    return write(root, {"sql/shop/interactions.sql": "SELECT 2", "sql/shop/new.sql": "SELECT 3"})


def test_each_version_says_who_released_it_and_when_and_which_is_current(aws: Aws, bucket: str, root: Path) -> None:
    first = release.publish(aws, root, bucket)
    second = release.publish(aws, changed(root), bucket)
    found = {version.version: version for version in versions(aws, bucket)}
    assert {name: version.current for name, version in found.items()} == {first.version: False, second.version: True}
    assert all(version.by.startswith("arn:aws:") and version.at for version in found.values())


def test_what_is_uploaded_only_changes_nothing_for_new_runs(aws: Aws, bucket: str, root: Path) -> None:
    first = release.publish(aws, root, bucket)
    release.publish(aws, changed(root), bucket, current=False)
    assert [version.version for version in versions(aws, bucket) if version.current] == [first.version]


def test_a_former_version_can_be_made_the_current_one_again(aws: Aws, bucket: str, root: Path) -> None:
    first = release.publish(aws, root, bucket)
    release.publish(aws, changed(root), bucket)
    roll_back(aws, bucket, first.version)
    assert [version.version for version in versions(aws, bucket) if version.current] == [first.version]


def test_a_version_that_was_never_whole_is_neither_listed_nor_taken(aws: Aws, bucket: str, root: Path) -> None:
    first = release.publish(aws, root, bucket)
    aws.client("s3").put_object(Bucket=bucket, Key="code/half/sql/shop/interactions.sql", Body=b"")
    with pytest.raises(YardError, match="There is no version 'half'"):
        roll_back(aws, bucket, "half")
    assert [version.version for version in versions(aws, bucket)] == [first.version]


def test_a_dry_run_names_what_would_change_and_writes_nothing(aws: Aws, bucket: str, root: Path) -> None:
    first = release.publish(aws, root, bucket)
    (root / "training_jobs/ncf/requirements.txt").unlink()
    found = difference(aws, changed(root), bucket)
    assert (found.added, found.changed) == (["sql/shop/new.sql"], ["sql/shop/interactions.sql"])
    assert found.removed == ["training_jobs/ncf/requirements.txt"]
    assert "  ~ sql/shop/interactions.sql" in list(told(found))
    assert [version.version for version in versions(aws, bucket)] == [first.version]


def test_before_the_first_release_there_is_nothing_to_compare_with(aws: Aws, bucket: str, root: Path) -> None:
    found = difference(aws, root, bucket)
    assert found.current is None
    assert "current is none" in next(told(found))
    assert versions(aws, bucket) == []


def test_a_release_of_the_time_when_names_alone_were_kept_is_listed(aws: Aws, bucket: str) -> None:
    body = json.dumps({"version": "old", "files": ["sql/a.sql"]})
    aws.client("s3").put_object(Bucket=bucket, Key="code/old/release.json", Body=body.encode())
    (found,) = versions(aws, bucket)
    assert (found.version, found.by, found.files) == ("old", "", {"sql/a.sql": ""})
