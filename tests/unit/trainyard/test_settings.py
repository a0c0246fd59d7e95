import json
from typing import Any

import pytest

from tests.unit.trainyard.made_up import VARIABLE
from trainyard.errors import SettingsError
from trainyard.settings import Settings


def without(*path: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(VARIABLE))
    holder = data
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    return data


def test_the_variable_is_read_from_json_text() -> None:
    settings = Settings.from_json(json.dumps(VARIABLE))
    assert settings.bucket == VARIABLE["bucket"]
    assert settings.poll_seconds == 15
    assert settings.warehouse.target() == {"Database": "dev", "WorkgroupName": "trainyard"}
    assert settings.kms_key_id == "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert settings.account == VARIABLE["roles"]["training"].split(":")[4]
    assert len(settings.account) == 12


@pytest.mark.parametrize(
    "path",
    [
        ("region",),
        ("bucket",),
        ("kms_key",),
        ("roles",),
        ("warehouse",),
        ("roles", "redshift"),
        ("roles", "hosting"),
        ("warehouse", "database"),
        ("emr_serverless", "role"),
    ],
)
def test_a_missing_field_is_named_with_the_remedy(path: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match=rf"trainyard\.{'.'.join(path)} is missing.*Variable"):
        Settings.from_json(without(*path))


@pytest.mark.parametrize("value", [None, "", "{", "[]", "3"])
def test_a_variable_that_is_no_json_object_is_refused(value: str | None) -> None:
    with pytest.raises(SettingsError, match="'trainyard'"):
        Settings.from_json(value)


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"trainyard\.poll_second is unknown"):
        Settings.from_json(VARIABLE | {"poll_second": 1})


@pytest.mark.parametrize("seconds", [0, -1, 0.01, 3600, "15", True, None])
def test_a_poll_interval_out_of_bounds_is_refused(seconds: object) -> None:
    with pytest.raises(SettingsError, match="poll_seconds"):
        Settings.from_json(VARIABLE | {"poll_seconds": seconds})


def test_an_account_need_not_have_emr_serverless() -> None:
    assert Settings.from_json(without("emr_serverless")).emr_serverless is None


def test_polls_may_be_below_a_second() -> None:
    assert Settings.from_json(VARIABLE | {"poll_seconds": 0.2}).poll_seconds == 0.2


def test_one_sagemaker_role_stands_for_all_three() -> None:
    roles = {
        name: role for name, role in VARIABLE["roles"].items() if name not in ("training", "processing", "hosting")
    }
    settings = Settings.from_json(VARIABLE | {"roles": roles | {"sagemaker": "arn:one"}})
    assert {settings.roles.training, settings.roles.processing, settings.roles.hosting} == {"arn:one"}


def test_a_cluster_may_be_the_warehouse() -> None:
    warehouse = {"cluster": "shop", "database": "dev", "secret_arn": "arn:aws:secretsmanager:x"}
    settings = Settings.from_json(VARIABLE | {"warehouse": warehouse})
    assert settings.warehouse.target() == {
        "ClusterIdentifier": "shop",
        "Database": "dev",
        "SecretArn": "arn:aws:secretsmanager:x",
    }


@pytest.mark.parametrize(
    "warehouse",
    [
        {"database": "dev"},
        {"database": "dev", "workgroup": "a", "cluster": "b"},
        {"database": "dev", "workgroup": "a", "user": "x"},
    ],
)
def test_a_warehouse_is_either_a_workgroup_or_a_cluster(warehouse: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="warehouse"):
        Settings.from_json(VARIABLE | {"warehouse": warehouse})


def test_a_network_needs_subnets_and_security_groups() -> None:
    assert Settings.from_json(VARIABLE | {"subnets": ["subnet-1"]}).vpc == {}
    both = Settings.from_json(VARIABLE | {"subnets": ["subnet-1"], "security_groups": ["sg-1"]})
    assert both.vpc == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
