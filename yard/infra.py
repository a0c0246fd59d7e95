"""The CloudFormation stack: deployed when it is missing or its template has changed, and its outputs."""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from yard.clients import Aws
from yard.errors import YardError

STACK = "trainyard"
#: Stacks in these states can only be deleted, or were never more than half there.
_DEAD = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
_WAIT = {"Delay": 1, "MaxAttempts": 300}


def deploy(aws: Aws, template: Path) -> dict[str, str]:
    """Make the stack be as the template says.

    :returns: the stack's outputs.
    :raises YardError: with CloudFormation's reason when it cannot be.
    """
    cloud = aws.client("cloudformation")
    body = template.read_text(encoding="utf-8")
    try:
        stack = _describe(cloud)
        if stack is not None and stack["StackStatus"] in _DEAD:
            cloud.delete_stack(StackName=STACK)
            cloud.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig=_WAIT)
            stack = None
        if stack is None:
            cloud.create_stack(StackName=STACK, TemplateBody=body, Capabilities=_CAPABILITIES, OnFailure="DELETE")
            cloud.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig=_WAIT)
        elif cloud.get_template(StackName=STACK)["TemplateBody"] != body:
            _update(cloud, body)
        stack = _describe(cloud)
    except (ClientError, WaiterError) as error:
        raise YardError(f"The stack {STACK!r} cannot be deployed: {_reason(cloud) or error}") from error
    if stack is None:
        raise YardError(f"The stack {STACK!r} is gone right after it was deployed.", "Does someone else delete it?")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def outputs(aws: Aws, name: str = STACK) -> dict[str, str]:
    """The outputs of the stack that is there; none when there is no stack."""
    stack = _describe(aws.client("cloudformation"), name)
    return {output["OutputKey"]: output["OutputValue"] for output in (stack or {}).get("Outputs", [])}


def _update(cloud: Any, body: str) -> None:
    try:
        cloud.update_stack(StackName=STACK, TemplateBody=body, Capabilities=_CAPABILITIES)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise
    cloud.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig=_WAIT)


def _describe(cloud: Any, name: str = STACK) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloud.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _reason(cloud: Any) -> str:
    """What CloudFormation says of the first resource that failed."""
    try:
        events = cloud.describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError:
        return ""
    failed = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
    first = min(failed, key=lambda event: event["Timestamp"], default=None)
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}" if first else ""
