"""The one file that touches moto's backends: what the executing services must know of what moto keeps."""

import json
from datetime import UTC
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.kms.models import KmsBackend

ACCOUNT = str(DEFAULT_ACCOUNT_ID)


def bucket_names() -> list[str]:
    """All S3 buckets, in name order; moto keeps them and their configuration, we keep their objects."""
    return sorted(_buckets())


def bucket_encryption(bucket: str) -> tuple[str | None, str | None]:
    """The bucket's default encryption: ``("aws:kms", key id or ARN or None)``, ``("AES256", None)`` or two None."""
    rules = (_buckets()[bucket].encryption or {}).get("Rule") or {}
    rule = rules[0] if isinstance(rules, list) else rules
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    return default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")


def ensure_log_group(name: str, region: str) -> None:
    """Make a CloudWatch log group known, as a service does when its first job writes there."""
    logs = get_backend("logs")[ACCOUNT][region]
    if name not in logs.groups:
        logs.create_log_group(name, {})


def role_exists(arn: str) -> bool:
    """Whether IAM has a role of that ARN."""
    roles = get_backend("iam")[ACCOUNT]["aws"].roles.values()
    return any(role.arn == arn for role in roles)


def alarm_state(name: str, region: str) -> str | None:
    """``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``; None if there is no such alarm."""
    alarm = get_backend("cloudwatch")[ACCOUNT][region].alarms.get(name)
    return None if alarm is None else str(alarm.state_value)


def put_metric(namespace: str, region: str, datum: dict[str, Any]) -> None:
    """Store one CloudWatch datum (``MetricName``, ``Value``, ``Dimensions``, ``Timestamp``...)."""
    # moto compares timestamps as they come from its own parser: in UTC, and without saying so.
    datum = {**datum, "Timestamp": datum["Timestamp"].astimezone(UTC).replace(tzinfo=None)}
    get_backend("cloudwatch")[ACCOUNT][region].put_metric_data(namespace, [datum])


def _buckets() -> dict[str, Any]:
    buckets: dict[str, Any] = get_backend("s3")[ACCOUNT]["aws"].buckets
    return buckets


def _accept_key_policies_of_stacks() -> None:
    """CloudFormation hands moto a key's policy as a mapping, and DescribeKey, which parses text, would answer 500."""
    create_key = KmsBackend.create_key

    def create_key_with_policy_as_text(backend: KmsBackend, policy: Any, *rest: Any, **named: Any) -> Any:
        return create_key(backend, json.dumps(policy) if isinstance(policy, dict) else policy, *rest, **named)

    KmsBackend.create_key = create_key_with_policy_as_text  # type: ignore[assignment]  # moto offers no other place


_accept_key_policies_of_stacks()
