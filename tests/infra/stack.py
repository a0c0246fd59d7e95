"""Deploying the stack to a local_aws, and looking at what came of it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.infra.template import PATH
from tests.support import client

#: The name that ``make up`` gives the stack.
STACK = "trainyard"
#: For further stacks beside it: the names of log groups are SageMaker's, so one stack has them.
BESIDE = {"JobLogGroups": "existing"}
BODY = PATH.read_text(encoding="utf-8")


def deploy(url: str, stack: str = STACK, body: str = BODY, **parameters: str) -> dict[str, str]:
    """Create the stack, or update it where it is there; its outputs by name."""
    cloudformation = client(url, "cloudformation")
    there = {summary["StackName"] for summary in cloudformation.list_stacks()["StackSummaries"]}
    act = cloudformation.update_stack if stack in there else cloudformation.create_stack
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    act(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_IAM"], Parameters=given)
    return outputs(url, stack)


def outputs(url: str, stack: str = STACK) -> dict[str, str]:
    """The outputs of a deployed stack, which must be complete."""
    (found,) = client(url, "cloudformation").describe_stacks(StackName=stack)["Stacks"]
    assert found["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, found
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def policies_of(url: str, stack: str, logical: str) -> tuple[list[str], set[str]]:
    """The inline policies of a role, and the logical names of those attached to it."""
    iam = client(url, "iam")
    (name,) = [
        role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(f"{stack}-{logical}-")
    ]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return iam.list_role_policies(RoleName=name)["PolicyNames"], {
        policy["PolicyName"].split("-")[1] for policy in attached
    }


@contextmanager
def local_aws_process(folder: Path) -> Iterator[str]:
    """A local_aws in a process of its own, since what moto keeps is one per process; gives its endpoint URL."""
    argv = [sys.executable, "-m", "local_aws", "--port", "0", "--state", str(folder)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=PATH.parents[1]) as process:
        assert process.stderr is not None
        try:
            lines = iter(process.stderr.readline, "")
            yield next(found[0] for line in lines if (found := re.search(r"http://[\d.]+:\d+", line)))
        finally:
            process.terminate()
            process.stderr.read()
