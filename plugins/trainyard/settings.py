"""What differs between one account and another: the Airflow Variable ``trainyard``, read at run time.

::

    {"region": "us-east-1", "bucket": "...", "kms_key": "arn:aws:kms:...:key/...",
     "roles": {"redshift": "arn:...", "emr_service": "...", "emr_ec2": "...",
               "training": "arn:...", "processing": "arn:...", "hosting": "arn:..."},
     "warehouse": {"workgroup": "trainyard", "database": "dev"},        or {"cluster": ..., "secret_arn": ...}
     "emr_serverless": {"application": "00f...", "role": "arn:..."},    where a model's Spark job runs there
     "landing_queue": "https://sqs...",                                 where files dropped below landing/ are loaded
     "poll_seconds": 15, "subnets": [], "security_groups": [], "instance_types": {"train": "ml.g5.xlarge"}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainyard.errors import SettingsError

VARIABLE = "trainyard"
_REMEDY = f"Set it in the Airflow Variable {VARIABLE!r} (JSON); the outputs of infra's stack hold the values."


@dataclass(frozen=True)
class Roles:
    """The IAM role (for ``emr_ec2``: the instance profile) of each kind of step. Roles, not keys.

    Each kind of SageMaker job has its own, so that none may do more than it needs; where the account has only one, it
    is named once as ``sagemaker``.
    """

    redshift: str
    emr_service: str
    emr_ec2: str
    training: str
    processing: str
    hosting: str


@dataclass(frozen=True)
class Warehouse:
    """Where the Redshift Data API runs statements: a serverless workgroup, or a cluster with a secret or a user."""

    database: str
    workgroup: str = ""
    cluster: str = ""
    secret_arn: str = ""
    db_user: str = ""

    def target(self) -> dict[str, str]:
        """Return the parameters of a Data API call that say where."""
        named = {
            "Database": self.database,
            "WorkgroupName": self.workgroup,
            "ClusterIdentifier": self.cluster,
            "SecretArn": self.secret_arn,
            "DbUser": self.db_user,
        }
        return {key: value for key, value in named.items() if value}


@dataclass(frozen=True)
class Serverless:
    """The EMR Serverless application that Spark jobs run in, and the role that they run as."""

    application: str
    role: str


@dataclass(frozen=True)
class Settings:
    """The account that the pipelines run in."""

    region: str
    bucket: str
    kms_key: str
    roles: Roles
    warehouse: Warehouse
    emr_serverless: Serverless | None = None
    landing_queue: str = ""
    poll_seconds: float = 15.0
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    instance_types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: str | Mapping[str, Any] | None) -> Settings:
        """Read the Variable's value.

        Raises:
            SettingsError: naming the field that is missing or wrong, and what to do.
        """
        try:
            data = json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError as error:
            raise SettingsError(f"The Airflow Variable {VARIABLE!r} is not JSON: {error}.") from None
        if not isinstance(data, Mapping):
            raise SettingsError(f"The Airflow Variable {VARIABLE!r} is missing, or is no JSON object. {_REMEDY}")
        unknown = sorted(set(data) - set(cls.__dataclass_fields__))
        if unknown:
            raise SettingsError(
                f"{VARIABLE}.{unknown[0]} is unknown. Known are: {', '.join(cls.__dataclass_fields__)}."
            )
        roles = dict(_object(data, "roles"))
        if one := roles.pop("sagemaker", None):
            roles = {"training": one, "processing": one, "hosting": one} | roles
        return cls(
            region=_text(data, "region"),
            bucket=_text(data, "bucket"),
            kms_key=_text(data, "kms_key"),
            roles=Roles(**{name: _text(roles, name, "roles.") for name in Roles.__dataclass_fields__}),
            warehouse=_warehouse(_object(data, "warehouse")),
            emr_serverless=_serverless(_object(data, "emr_serverless")) if "emr_serverless" in data else None,
            landing_queue=_text(data, "landing_queue") if "landing_queue" in data else "",
            poll_seconds=_seconds(data.get("poll_seconds", cls.poll_seconds)),
            subnets=_texts(data, "subnets"),
            security_groups=_texts(data, "security_groups"),
            instance_types=dict(_object(data, "instance_types")) if "instance_types" in data else {},
        )

    @property
    def vpc(self) -> dict[str, list[str]]:
        """The network of SageMaker's jobs as their requests want it; empty when the account names none."""
        if not (self.subnets and self.security_groups):
            return {}
        return {"Subnets": list(self.subnets), "SecurityGroupIds": list(self.security_groups)}

    @property
    def account(self) -> str:
        """The account's number, as its roles name it: container images of one's own are in its registry."""
        parts = self.roles.training.split(":")
        return parts[4] if len(parts) > 5 else ""

    @property
    def kms_key_id(self) -> str:
        """The key's id without the ARN around it, as Redshift's UNLOAD wants it."""
        return self.kms_key.rpartition("/")[2]


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(data.get(name), Mapping):
        raise SettingsError(f"{VARIABLE}.{name} is missing, or is no JSON object. {_REMEDY}")
    found: Mapping[str, Any] = data[name]
    return found


def _text(data: Mapping[str, Any], name: str, path: str = "") -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{VARIABLE}.{path}{name} is missing, or is no text. {_REMEDY}")
    return value


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"{VARIABLE}.{name} is no list of texts. {_REMEDY}")
    return tuple(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.05 <= value <= 600:
        raise SettingsError(f"{VARIABLE}.poll_seconds must be between 0.05 and 600, not {value!r}.")
    return float(value)


def _serverless(data: Mapping[str, Any]) -> Serverless:
    return Serverless(_text(data, "application", "emr_serverless."), _text(data, "role", "emr_serverless."))


def _warehouse(data: Mapping[str, Any]) -> Warehouse:
    unknown = sorted(set(data) - set(Warehouse.__dataclass_fields__))
    if unknown:
        raise SettingsError(f"{VARIABLE}.warehouse.{unknown[0]} is unknown. {_REMEDY}")
    warehouse = Warehouse(
        **{name: str(value) for name, value in data.items()} | {"database": _text(data, "database", "warehouse.")}
    )
    if bool(warehouse.workgroup) == bool(warehouse.cluster):
        raise SettingsError(f"{VARIABLE}.warehouse needs either a workgroup (Serverless) or a cluster. {_REMEDY}")
    return warehouse
