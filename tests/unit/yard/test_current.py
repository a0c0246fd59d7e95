"""Which version new runs take: an older commit's does not replace a newer one's, whoever is the slower."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import LocalAwsForTests
from tests.unit.yard.checkouts import commit
from tests.unit.yard.test_release import bucket, root, write
from tests.unit.yard.test_versions import aws
from yard import current, release
from yard.clients import Aws
from yard.errors import YardError
from yard.versions import roll_back, versions

__all__ = ["aws", "bucket", "root"]  # fixtures
OLDER, MIDDLE, NEWER = (f"2026-02-0{day}T09:00:00+01:00" for day in (1, 2, 3))


def released(aws: Aws, bucket: str, root: Path, at: str, **wish: Any) -> str:
    """Release what is new in a commit of that time."""
    commit(write(root, {"sql/shop/at.sql": f"SELECT '{at}'"}), at)
    return release.publish(aws, root, bucket, **wish).version


def taken(aws: Aws, bucket: str) -> list[str]:
    return [version.version for version in versions(aws, bucket) if version.current]


def test_an_older_commit_that_comes_later_is_uploaded_and_refused(aws: Aws, bucket: str, root: Path) -> None:
    newer = released(aws, bucket, root, NEWER, in_order=True)
    with pytest.raises(YardError, match="commit of 2026-02-03T08:00:00") as raised:
        released(aws, bucket, root, OLDER, in_order=True)
    assert taken(aws, bucket) == [newer]
    (older,) = {version.version for version in versions(aws, bucket)} - {newer}
    assert f"--rollback {older}" in raised.value.remedy


def test_the_same_commit_again_and_a_newer_one_are_taken(aws: Aws, bucket: str, root: Path) -> None:
    older = released(aws, bucket, root, OLDER, in_order=True)
    assert release.publish(aws, root, bucket, in_order=True).version == older
    newer = released(aws, bucket, root, NEWER, in_order=True)
    assert taken(aws, bucket) == [newer]


def test_after_going_back_what_was_committed_before_the_newest_stays_refused(aws: Aws, bucket: str, root: Path) -> None:
    older = released(aws, bucket, root, OLDER, in_order=True)
    released(aws, bucket, root, NEWER, in_order=True)
    roll_back(aws, bucket, older)
    assert taken(aws, bucket) == [older]
    with pytest.raises(YardError, match="commit of 2026-02-03"):
        released(aws, bucket, root, MIDDLE, in_order=True)
    assert taken(aws, bucket) == [older]


def test_who_does_not_ask_for_order_takes_any_commit(aws: Aws, bucket: str, root: Path) -> None:
    released(aws, bucket, root, NEWER)
    older = released(aws, bucket, root, OLDER)
    assert taken(aws, bucket) == [older]


def test_without_git_nothing_is_known_of_order(aws: Aws, bucket: str, root: Path) -> None:
    known = release.publish(aws, root, bucket, in_order=True).version
    assert taken(aws, bucket) == [known]


def test_of_two_at_once_the_newer_commit_stays_whichever_writes_last(
    aws: Aws, bucket: str, local_aws: LocalAwsForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = current.caller
    times = iter([OLDER, NEWER])

    def meanwhile(client: Aws) -> str:
        """The other one is done after this one has looked, and before it writes."""
        if next(times, "") == OLDER:
            current.make_current(aws, bucket, "newer", "2026-02-03T08:00:00+00:00", in_order=True)
        return asked(client)

    monkeypatch.setattr(current, "caller", meanwhile)
    with pytest.raises(YardError, match="commit of 2026-02-03"):
        current.make_current(aws, bucket, "older", "2026-02-01T08:00:00+00:00", in_order=True)
    pointer = local_aws.client("s3").get_object(Bucket=bucket, Key=current.KEY)["Body"].read()
    assert json.loads(pointer)["version"] == "newer"
