"""``yard release --aws`` against a deployed stack: code in its bucket, and a Variable that the library takes."""

import json
import subprocess
import sys

import pytest

from tests.infra.builds import in_a_build
from tests.infra.stack import BESIDE, deploy
from tests.infra.template import PATH
from tests.support import REGION, client
from trainyard.settings import Settings


def release(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as one does: with the variables that every AWS tool reads."""
    return subprocess.run(
        [sys.executable, "-m", "yard", "release", "--aws", *arguments],
        env=in_a_build(url),
        cwd=PATH.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )


pytestmark = pytest.mark.usefixtures("named")


def test_the_variable_is_one_that_the_library_takes_and_nothing_else_is_said(url: str, named: dict[str, str]) -> None:
    done = release(url, "--variable")
    assert done.returncode == 0, done.stderr
    settings = Settings.from_json(done.stdout)
    assert (settings.region, settings.bucket) == (REGION, named["BucketName"])
    assert settings.poll_seconds == 15
    assert settings.roles.training != settings.roles.hosting


def test_the_code_is_in_the_bucket_of_the_stack_that_is_named(url: str) -> None:
    bucket = deploy(url, "another", **BESIDE)["BucketName"]
    done = release(url, "--stack", "another")
    assert done.returncode == 0, done.stderr
    s3 = client(url, "s3")
    current = json.loads(s3.get_object(Bucket=bucket, Key="code/current.json")["Body"].read())
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="code/")["Contents"]}
    assert f"code/{current['version']}/sql/recommender/interactions.sql" in keys


def test_releasing_the_same_again_says_so(url: str) -> None:
    release(url)
    assert "as before" in release(url).stdout


def test_a_stack_that_is_not_there_is_named(url: str) -> None:
    done = release(url, "--stack", "elsewhere")
    assert done.returncode != 0
    assert "no stack 'elsewhere'" in done.stderr
