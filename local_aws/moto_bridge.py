"""The one file that touches moto's backends: what the executing services must know of what moto keeps."""

import copy
import json
import logging
from collections.abc import Callable
from datetime import UTC
from typing import Any

from moto.backends import get_backend
from moto.cloudformation import parsing
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule
from moto.kms.models import Key, KmsBackend
from moto.s3.models import FakeBucket
from moto.sqs.models import Queue

log = logging.getLogger("local_aws")

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


def sends_events(bucket: str) -> bool:
    """Whether what happens in a bucket is told to EventBridge (``EventBridgeConfiguration``)."""
    found = _buckets().get(bucket)
    return found is not None and getattr(found.notification_configuration, "event_bridge", None) is not None


def rules_for(event: dict[str, Any]) -> list[str]:
    """The names of the enabled rules of the default bus that an event matches."""
    rules = _rules(event["region"]).values()
    wanted: Any = event  # moto types it as one of its own
    return [rule.name for rule in rules if rule.state == "ENABLED" and rule.event_pattern.matches_event(wanted)]


def deliver(event: dict[str, Any], rule_name: str) -> None:
    """Hand an event to the targets of a rule; one that is of a kind that moto cannot reach is named in the log.

    :param event: ``time`` in seconds since 1970: moto writes it out.
    """
    rule = _rules(event["region"]).get(rule_name)
    if rule is None:
        return
    transformed = any(target.get("InputTransformer") for target in rule.targets)
    try:
        # moto's own template of an event leaves the account out, so it is used only where a target asks for one.
        rule.send_to_targets(copy.deepcopy(event), transform_input=transformed)  # type: ignore[arg-type]  # a TypedDict
    except NotImplementedError:
        kinds = sorted({str(target["Arn"]).split(":")[2] for target in rule.targets})
        log.error("The rule %s has targets (%s) that local_aws cannot reach: an event is lost.", rule_name, kinds)


def has_a_queue(rule_name: str, region: str) -> bool:
    """Whether a rule of the default bus hands its events to a queue of SQS."""
    rule = _rules(region).get(rule_name)
    return rule is not None and any(":sqs:" in str(target["Arn"]) for target in rule.targets)


def _rules(region: str) -> dict[str, Rule]:
    rules: dict[str, Rule] = get_backend("events")[ACCOUNT][region].event_buses["default"].rules
    return rules


def on_message_deleted(told: Callable[[str], None]) -> None:
    """Have the body of every message told that a client takes off a queue for good."""
    _told_of_deleted.append(told)


def no_longer_on_message_deleted(told: Callable[[str], None]) -> None:
    """End that."""
    if told in _told_of_deleted:
        _told_of_deleted.remove(told)


def _delete_message(queue: Queue, receipt_handle: str) -> None:
    bodies = [message.body for message in queue._messages if message.had_receipt_handle(receipt_handle)]
    _DELETE_MESSAGE(queue, receipt_handle)
    for body in bodies:
        for told in tuple(_told_of_deleted):
            told(str(body))


def _buckets() -> dict[str, Any]:
    buckets: dict[str, Any] = get_backend("s3")[ACCOUNT]["aws"].buckets
    return buckets


def _accept_key_policies_of_stacks() -> None:
    """CloudFormation hands moto a key's policy as a mapping, and DescribeKey, which parses text, would answer 500."""
    create_key = KmsBackend.create_key

    def create_key_with_policy_as_text(backend: KmsBackend, policy: Any, *rest: Any, **named: Any) -> Any:
        return create_key(backend, json.dumps(policy) if isinstance(policy, dict) else policy, *rest, **named)

    KmsBackend.create_key = create_key_with_policy_as_text  # type: ignore[assignment]  # moto offers no other place


def _keep_what_a_stack_cannot_update() -> None:
    """moto forgets a resource whose kind it cannot update, and all that refer to it; it stays as it was instead.

    A key, to which that happens, takes its new policy.
    """
    update = parsing.parse_and_update_resource

    def kept(logical_id: str, template: Any, resources: Any, **where: Any) -> Any:
        original = resources[logical_id]
        return update(logical_id, template, resources, **where) or original

    def with_policy(_cls: Any, /, original_resource: Key, cloudformation_json: Any, **_: Any) -> Key:
        original_resource.policy = json.dumps(cloudformation_json["Properties"]["KeyPolicy"])
        return original_resource

    parsing.parse_and_update_resource = kept  # type: ignore[assignment]  # as above
    Key.update_from_cloudformation_json = classmethod(with_policy)  # type: ignore[method-assign,assignment]  # as above


def _take_event_configuration_of_stacks() -> None:
    """moto's CloudFormation makes a bucket, and forgets whether its events go to EventBridge."""
    create, update = FakeBucket.create_from_cloudformation_json, FakeBucket.update_from_cloudformation_json

    def configured(bucket: FakeBucket, template: dict[str, Any]) -> FakeBucket:
        wanted = template.get("Properties", {}).get("NotificationConfiguration", {}).get("EventBridgeConfiguration")
        if wanted is None:
            return bucket
        enabled = str(wanted.get("EventBridgeEnabled", True)).lower() == "true"
        bucket.set_notification_configuration({"EventBridgeConfiguration": {}} if enabled else None)
        return bucket

    def created(_cls: Any, resource_name: str, cloudformation_json: Any, *rest: Any, **named: Any) -> FakeBucket:
        return configured(create(resource_name, cloudformation_json, *rest, **named), cloudformation_json)

    def updated(_cls: Any, /, cloudformation_json: Any, **named: Any) -> FakeBucket:
        return configured(update(cloudformation_json=cloudformation_json, **named), cloudformation_json)

    FakeBucket.create_from_cloudformation_json = classmethod(created)  # type: ignore[method-assign,assignment]  # as above
    FakeBucket.update_from_cloudformation_json = classmethod(updated)  # type: ignore[method-assign,assignment]  # as above


_told_of_deleted: list[Callable[[str], None]] = []  # one of each local_aws of the process: moto is one for all
_DELETE_MESSAGE = Queue.delete_message
Queue.delete_message = _delete_message  # type: ignore[method-assign,assignment]  # moto offers no other place
_accept_key_policies_of_stacks()
_keep_what_a_stack_cannot_update()
_take_event_configuration_of_stacks()
