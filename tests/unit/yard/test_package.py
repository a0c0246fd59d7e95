"""What Airflow is given on Amazon MWAA."""

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support import LocalAwsForTests
from tests.unit.yard.checkouts import commit
from tests.unit.yard.test_release import write as write_files
from yard.clients import Aws
from yard.errors import YardError
from yard.mwaa import Synced, sync
from yard.package import constraints, package, requirements, write

FILES = {
    "dags/shop.py": "import trainyard",
    "dags/specs/shop.py": "SPEC = 1",
    "plugins/.airflowignore": "trainyard/",
    "plugins/trainyard/run.py": "RUN = 1",
    "plugins/trainyard_plugin.py": "PLUGIN = 1",
    "requirements-airflow.in": "# why\napache-airflow==3\napache-airflow-providers-amazon[aiobotocore]==9\ndulwich\n",
    "requirements-airflow.txt": "apache-airflow==3.3.2\n    # via -r\napache-airflow-core==3.3.2\nboto3==1.43.0\n",
    "tests/test_it.py": "x",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_files(tmp_path / "checkout", FILES)


@pytest.fixture
def bucket(local_aws: LocalAwsForTests) -> str:
    s3, name = local_aws.client("s3"), f"mwaa-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def aws(local_aws: LocalAwsForTests) -> Aws:
    return Aws(local_aws.endpoint_url)


def keys(aws: Aws, bucket: str) -> set[str]:
    return {item["Key"] for item in aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}


def test_the_same_checkout_gives_the_same_bytes_wherever_it_lies(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(root, other, copy_function=shutil.copyfile)  # other times
    (other / "dags/shop.py").chmod(0o755)
    assert package(other) == package(root)


def test_it_holds_dags_plugins_and_requirements_and_nothing_else(root: Path) -> None:
    write_files(root, {"dags/__pycache__/shop.pyc": "x", "dags/.DS_Store": "x"})
    files = package(root)
    assert set(files) == {
        "dags/shop.py", "dags/specs/shop.py", "dags/constraints.txt", "plugins.zip", "requirements.txt",
    }  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(files["plugins.zip"])) as archive:
        assert archive.namelist() == [".airflowignore", "trainyard/run.py", "trainyard_plugin.py"]


def test_what_git_ignores_is_not_packed(root: Path) -> None:
    write_files(root, {".gitignore": "scratch*"})
    commit(root)
    before = package(root)
    write_files(root, {"dags/scratch.py": "x", "plugins/trainyard/scratch.py": "x"})
    assert package(root) == before


def test_airflow_itself_is_left_as_the_environment_has_it(root: Path) -> None:
    assert requirements(FILES["requirements-airflow.in"]).splitlines() == [
        '--constraint "/usr/local/airflow/dags/constraints.txt"',
        "apache-airflow-providers-amazon[aiobotocore]==9",
        "dulwich",
    ]
    assert constraints(FILES["requirements-airflow.txt"]) == "boto3==1.43.0\n"


def test_a_secret_beside_the_dags_is_refused(root: Path) -> None:
    write_files(root, {"dags/.env": "PASSWORD=1"})
    with pytest.raises(YardError, match=r"dags/\.env looks like a secret"):
        package(root)


def test_writing_again_leaves_nothing_of_the_former_package(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(package(root), out)
    (root / "dags/shop.py").rename(root / "dags/store.py")
    digests = write(package(root), out)
    assert not (out / "dags/shop.py").exists()
    assert json.loads((out / "package.json").read_text())["files"] == digests


@pytest.mark.parametrize("last", ["dags/shop.py", "plugins.zip", "package.json"])
def test_a_package_that_was_interrupted_is_written_again(
    root: Path, tmp_path: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real = tmp_path / "out", Path.write_bytes

    def ending(path: Path, content: bytes) -> int:
        written = real(path, content)
        if path.name == Path(last).name:
            raise KeyboardInterrupt
        return written

    files = package(root)
    monkeypatch.setattr(Path, "write_bytes", ending)
    with pytest.raises(KeyboardInterrupt):
        write(files, out)
    monkeypatch.undo()
    digests = write(package(root), out)
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == {*digests, "package.json"}


def test_a_folder_of_somebody_else_is_left_alone(root: Path, tmp_path: Path) -> None:
    stranger = write_files(tmp_path / "out", {"thesis.txt": "x"}) / "thesis.txt"
    with pytest.raises(YardError, match=r"thesis\.txt, which is of no package"):
        write(package(root), tmp_path / "out")
    assert stranger.exists()


def test_the_bucket_gets_what_changed_loses_what_is_gone_and_keeps_what_is_of_others(
    aws: Aws, bucket: str, root: Path
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="team/dags/of_others.py", Body=b"")
    first = sync(aws, package(root), bucket, "team/")
    assert len(first.put) == 5
    (root / "dags/shop.py").rename(root / "dags/store.py")
    second = sync(aws, package(root), bucket, "team/")
    assert (second.put, second.removed) == (["team/dags/store.py"], ["team/dags/shop.py"])
    assert second.versions == first.versions
    assert "team/dags/of_others.py" in keys(aws, bucket)


class Ending(Aws):
    """Clients of a process that ends right after it has put an object."""

    def client(self, service: str) -> Any:
        class Client:
            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

            def put_object(self, **asked: Any) -> Any:
                real.put_object(**asked)
                if asked["Key"] == "dags/store.py":
                    raise KeyboardInterrupt

        real = super().client(service)
        return Client()


def test_a_dag_that_was_put_before_a_crash_is_removed_when_the_next_package_has_it_no_more(
    aws: Aws, bucket: str, root: Path
) -> None:
    sync(aws, package(root), bucket)
    write_files(root, {"dags/store.py": "import trainyard"})
    with pytest.raises(KeyboardInterrupt):
        sync(Ending(aws.endpoint_url), package(root), bucket)
    assert "dags/store.py" in keys(aws, bucket)
    (root / "dags/store.py").unlink()
    assert sync(aws, package(root), bucket).removed == ["dags/store.py"]


def test_the_command_names_the_object_versions_that_the_environment_is_to_take() -> None:
    versions = {"team/plugins.zip": "v7", "team/requirements.txt": "v2"}
    command = Synced([], [], versions).command("team/")
    assert "--plugins-s3-path team/plugins.zip --plugins-s3-object-version v7" in command
    assert "--requirements-s3-path team/requirements.txt --requirements-s3-object-version v2" in command


def test_dags_may_wait_until_the_environment_has_the_new_plugins(aws: Aws, bucket: str, root: Path) -> None:
    sync(aws, package(root), bucket)
    write_files(root, {"dags/shop.py": "from trainyard import new", "plugins/trainyard/new.py": ""})
    assert sync(aws, package(root), bucket, hold_dags=True).put == ["plugins.zip"]
    assert sync(aws, package(root), bucket).put == ["dags/shop.py"]


def test_a_bucket_without_versions_is_refused_with_the_command_that_helps(
    aws: Aws, local_aws: LocalAwsForTests, root: Path
) -> None:
    name = f"plain-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=name)
    with pytest.raises(YardError, match="keeps no versions") as raised:
        sync(aws, package(root), name)
    assert "put-bucket-versioning" in raised.value.remedy
