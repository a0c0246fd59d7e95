"""The files for CodeBuild, GitHub Actions and GitLab CI: the same make targets in all of them, and what these do."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.builds import in_a_build
from tests.support import client
from tests.unit.yard.checkouts import commit, git

CHECKS = ["make lint", "make test"]
RELEASES = [
    'make release ARGS="--only-tip-of main"',
    'make package ARGS="--only-tip-of main ${MWAA_BUCKET:+--bucket $MWAA_BUCKET}"',
]
ROOT = Path(__file__).parents[2]
FILES = ["ci/buildspec.yml", "ci/gitlab-ci.yml", ".github/workflows/release.yml"]


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def commands(path: str) -> list[str]:
    """What the file runs of this repository, in order."""
    found = read(path)
    if "phases" in found:
        return [*found["phases"]["build"]["commands"], *found["phases"]["post_build"]["commands"]]
    jobs = found.get("jobs") or {name: found[name] for name in found["stages"]}
    steps = [step for job in jobs.values() for step in job.get("script") or [each.get("run") for each in job["steps"]]]
    return [step for step in steps if step]


@pytest.mark.parametrize("path", FILES)
def test_every_command_is_a_target_of_the_makefile(path: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for command in commands(path):
        make, target, *_ = shlex.split(command)
        assert make == "make"
        assert target in targets


@pytest.mark.parametrize("path", FILES)
def test_it_checks_before_it_releases_the_same_way_as_the_others(path: str) -> None:
    told = [command.replace("$CI_DEFAULT_BRANCH", "main") for command in commands(path)]
    assert told == [*CHECKS, *RELEASES]


@pytest.mark.parametrize("path", FILES)
def test_it_holds_no_key(path: str) -> None:
    assert not re.search(r"aws_(secret_)?access_key|AKIA|\d{12}", (ROOT / path).read_text("utf-8"), re.IGNORECASE)


def test_a_failed_check_releases_nothing() -> None:
    build, actions = read(FILES[0]), read(FILES[2])
    assert build["phases"]["build"]["on-failure"] == "ABORT"
    assert actions["jobs"]["release"]["needs"] == "check"
    assert read(FILES[1])["stages"] == ["check", "release"]


def run(command: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as the hosts do, but for where the package goes."""
    argv = ["sh", "-c", command.replace('package ARGS="', f'package ARGS="--output {folder / "package"} ')]
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def cloned(folder: Path) -> dict[str, str]:
    """What lets git take a small clone's commit for the checkout's: that of the newest commit of its origin's main."""
    (folder / "origin").mkdir()
    commit(folder / "origin")
    git(folder, "clone", "-q", "--bare", "origin", "clone")
    return {"GIT_DIR": str(folder / "clone"), "GIT_WORK_TREE": str(ROOT)}


def test_without_a_bucket_of_mwaa_the_package_is_made_and_that_is_all(tmp_path: Path) -> None:
    done = run(RELEASES[-1], in_a_build("http://127.0.0.1:1"), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "package" / "plugins.zip").exists()


def test_what_they_run_releases_the_code_and_fills_the_bucket_of_mwaa(
    url: str, named: dict[str, str], tmp_path: Path
) -> None:
    s3 = client(url, "s3")
    s3.create_bucket(Bucket="mwaa-of-ci")
    s3.put_bucket_versioning(Bucket="mwaa-of-ci", VersioningConfiguration={"Status": "Enabled"})
    settings = in_a_build(url, MWAA_BUCKET="mwaa-of-ci", **cloned(tmp_path))
    for command in RELEASES:
        done = run(command, settings, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    current = json.loads(s3.get_object(Bucket=named["BucketName"], Key="code/current.json")["Body"].read())
    there = {item["Key"] for item in s3.list_objects_v2(Bucket="mwaa-of-ci")["Contents"]}
    assert s3.head_object(Bucket=named["BucketName"], Key=f"code/{current['version']}/release.json")
    assert {"plugins.zip", "requirements.txt", "dags/recommender.py", "dags/constraints.txt"} <= there


def test_a_commit_that_was_overtaken_or_never_reached_the_branch_releases_nothing(tmp_path: Path) -> None:
    overtaken = cloned(tmp_path)
    newest = commit(tmp_path / "origin")
    for command in RELEASES:
        done = run(command, in_a_build("http://127.0.0.1:1", MWAA_BUCKET="any", **overtaken), tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Nothing was put: main is at {newest[:12]}" in done.stdout
