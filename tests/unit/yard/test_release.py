"""Releasing code: what goes, under which version, and that the bytes depend on the content alone."""

import io
import json
import os
import tarfile
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support import LocalAwsForTests
from tests.unit.yard.checkouts import commit, git
from yard import release
from yard.clients import Aws
from yard.errors import YardError
from yard.versions import versions

FILES = {
    "sql/shop/interactions.sql": "SELECT 1",
    "spark_jobs/shop/clean.py": "print('clean')",
    "training_jobs/ncf/train.py": "import model",
    "training_jobs/ncf/lib/model.py": "LAYERS = 3",
    "training_jobs/ncf/requirements.txt": "numpy",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "checkout", FILES)


@pytest.fixture
def bucket(local_aws: LocalAwsForTests) -> str:
    name = f"release-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=name)
    return name


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def version(root: Path) -> str:
    return release.digest(dict(release.read(root)))


def test_the_same_content_has_the_same_version_wherever_and_whenever_it_was_written(root: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "elsewhere", dict(reversed(FILES.items())))
    for path in other.rglob("*.py"):
        os.utime(path, (0, 0))
        path.chmod(0o755)
    assert version(other) == version(root)


@pytest.mark.parametrize("name", list(FILES))
def test_a_change_of_any_file_is_another_version(root: Path, name: str) -> None:
    before = version(root)
    (root / name).write_text("something else")
    assert version(root) != before


def test_a_renamed_file_is_another_version(root: Path) -> None:
    before = version(root)
    (root / "sql/shop/interactions.sql").rename(root / "sql/shop/events.sql")
    assert version(root) != before


def test_what_tools_leave_behind_is_not_released(root: Path) -> None:
    before = version(root)
    leavings = ("training_jobs/ncf/__pycache__/train.pyc", "sql/.DS_Store", "spark_jobs/.ipynb_checkpoints/a.py")
    write(root, dict.fromkeys(leavings, "x"))
    assert version(root) == before


def test_what_git_ignores_is_not_released_and_what_it_does_not_know_yet_is(root: Path) -> None:
    write(root, {".gitignore": "metastore_db/\nderby.log\n"})
    commit(root)
    before = version(root)
    write(root, {"spark_jobs/metastore_db/seg0/c10.dat": "x", "spark_jobs/shop/derby.log": "x"})
    assert version(root) == before
    write(root, {"sql/shop/new.sql": "SELECT 2"})
    assert "sql/shop/new.sql" in dict(release.read(root))


def test_the_code_of_a_submodule_is_released(root: Path, tmp_path: Path) -> None:
    commit(write(tmp_path / "shared", {"model.py": "LAYERS = 4"}))
    commit(root)
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "shared"), "spark_jobs/lib")
    assert dict(release.read(root))["spark_jobs/lib/model.py"] == b"LAYERS = 4"


def test_a_checkout_that_lies_in_a_folder_that_another_repository_ignores_is_released_whole(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "vendor/"})
    commit(tmp_path)
    assert dict(release.read(write(tmp_path / "vendor", FILES))).keys() == FILES.keys()


def test_a_sourcedir_holds_the_files_of_its_algorithm_by_their_names_there(root: Path) -> None:
    [(path, content)] = release.packed(dict(release.read(root)))
    assert str(path) == "training_jobs/ncf/sourcedir.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["lib/model.py", "requirements.txt", "train.py"]
        train = archive.extractfile("train.py")
        assert train is not None
        assert train.read() == b"import model"


def test_a_release_lies_in_s3_and_is_the_current_one(local_aws: LocalAwsForTests, bucket: str, root: Path) -> None:
    released = release.publish(Aws(local_aws.endpoint_url), root, bucket)
    s3 = local_aws.client("s3")
    assert not released.known
    pointer = json.loads(s3.get_object(Bucket=bucket, Key="code/current.json")["Body"].read())
    assert (pointer["version"], pointer["prefix"]) == (released.version, f"s3://{bucket}/code/{released.version}/")
    listed = {item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="code/")["Contents"]}
    expected = {*FILES, "training_jobs/ncf/sourcedir.tar.gz", "release.json"}
    assert listed == {f"code/{released.version}/{name}" for name in expected} | {"code/current.json"}


def test_releasing_the_same_again_writes_nothing_anew(local_aws: LocalAwsForTests, bucket: str, root: Path) -> None:
    aws = Aws(local_aws.endpoint_url)
    first = release.publish(aws, root, bucket)
    s3 = local_aws.client("s3")
    key = f"code/{first.version}/sql/shop/interactions.sql"
    s3.delete_object(Bucket=bucket, Key=key)  # would come back if it were written again
    assert release.publish(aws, root, bucket).known
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=key)


def test_a_release_that_was_cut_off_is_made_whole(local_aws: LocalAwsForTests, bucket: str, root: Path) -> None:
    aws = Aws(local_aws.endpoint_url)
    first = release.publish(aws, root, bucket)
    s3 = local_aws.client("s3")
    for name in ("sql/shop/interactions.sql", "release.json"):
        s3.delete_object(Bucket=bucket, Key=f"code/{first.version}/{name}")
    assert not release.publish(aws, root, bucket).known
    assert s3.head_object(Bucket=bucket, Key=f"code/{first.version}/sql/shop/interactions.sql")


def test_of_two_machines_that_release_the_same_at_once_one_writes_that_it_is_whole(
    local_aws: LocalAwsForTests, bucket: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = Aws(local_aws.endpoint_url)
    before = release.publish(aws, root, bucket)
    monkeypatch.setattr(release, "_exists", lambda *_: False)  # as the second one saw it when it began
    s3 = local_aws.client("s3")
    key = f"code/{before.version}/release.json"
    told = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert release.publish(aws, root, bucket).known
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == told


def test_a_release_that_breaks_off_leaves_what_new_runs_take(
    local_aws: LocalAwsForTests, bucket: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = Aws(local_aws.endpoint_url)
    first = release.publish(aws, root, bucket)
    (root / "sql/shop/interactions.sql").write_text("SELECT 2")

    def broken(*_: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(release, "_put_once", broken)
    with pytest.raises(ConnectionError):
        release.publish(aws, root, bucket)
    (only,) = versions(aws, bucket)
    assert (only.version, only.current) == (first.version, True)


@pytest.mark.parametrize("name", ["sql/.env", "training_jobs/ncf/server.pem", "spark_jobs/shop/id_rsa"])
def test_a_file_that_is_named_like_a_secret_is_refused_by_its_name(root: Path, name: str) -> None:
    write(root, {name: "x"})
    with pytest.raises(YardError, match=f"{name} looks like a secret"):
        release.collected(root)


def test_a_key_within_a_file_is_refused_with_its_line(root: Path) -> None:
    write(root, {"spark_jobs/shop/clean.py": f"import os\nKEY = 'AKIA{'A' * 16}'\n"})
    with pytest.raises(YardError, match=r"spark_jobs/shop/clean.py holds a key in line 2"):
        release.collected(root)


def test_a_link_is_refused_whether_to_a_file_or_to_a_folder(root: Path, tmp_path: Path) -> None:
    link = root / "training_jobs/ncf/shared"
    for target in (tmp_path, root / "sql/shop/interactions.sql"):
        link.symlink_to(target)
        with pytest.raises(YardError, match="training_jobs/ncf/shared is a symbolic link"):
            release.collected(root)
        link.unlink()


def test_data_among_the_code_is_refused_with_the_name_of_the_largest_file(root: Path) -> None:
    with (root / "training_jobs/ncf/ratings.csv").open("wb") as data:
        data.truncate(65_000_000)
    with pytest.raises(YardError, match=r"The code is 65 MB.*training_jobs/ncf/ratings.csv \(65 MB\)"):
        release.collected(root)


def test_two_names_that_are_one_on_some_machines_are_refused(root: Path) -> None:
    write(root, {"sql/shop/Interactions.sql": "SELECT 1"})
    with pytest.raises(YardError, match="are one file on some machines"):
        release.collected(root)


def test_a_checkout_without_code_is_refused(local_aws: LocalAwsForTests, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(YardError, match="nothing to release"):
        release.publish(Aws(local_aws.endpoint_url), tmp_path, bucket)
