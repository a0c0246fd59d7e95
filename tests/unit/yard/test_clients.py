"""Which account and region the clients reach."""

import os

import pytest

from yard.clients import Account


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No region, and no file that names one."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    return monkeypatch


def test_an_accounts_region_is_the_one_that_aws_region_names(nowhere: pytest.MonkeyPatch) -> None:
    nowhere.setenv("AWS_REGION", "eu-central-1")
    assert Account().client("cloudformation").meta.region_name == "eu-central-1"


def test_without_it_the_region_is_the_one_that_boto3_finds(nowhere: pytest.MonkeyPatch) -> None:
    nowhere.setenv("AWS_REGION", "")  # as a build has it whose variable is not set
    nowhere.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Account().client("cloudformation").meta.region_name == "eu-west-1"
