"""Where a command works: the local_aws that is up, or the stack of an AWS account."""

from dataclasses import dataclass
from typing import Any

from yard import environment, infra
from yard.clients import Account, Aws
from yard.errors import YardError
from yard.home import Home

#: Real jobs take minutes, and the control plane of SageMaker allows few calls a second.
_POLL_SECONDS = 15
_REMEDY = "Deploy infra/trainyard.yaml (docs/run-on-aws.md)"


@dataclass(frozen=True)
class Target:
    """Clients for it, and what its stack put where."""

    aws: Aws
    #: Of the CloudFormation stack.
    outputs: dict[str, str]
    #: What the Airflow Variable says otherwise than that of the local Airflow.
    apart: dict[str, object]

    @property
    def bucket(self) -> str:
        """The bucket of code, data and models."""
        return self.outputs["BucketName"]

    @property
    def variable(self) -> dict[str, Any]:
        """The Airflow Variable ``trainyard``.

        :raises YardError: naming the output that the stack lacks.
        """
        try:
            return environment.variable(self.outputs) | self.apart
        except KeyError as error:
            raise YardError(f"The stack has no output {error}: it is of an older template.", f"{_REMEDY}.") from None


def find(home: Home, *, on_aws: bool, stack: str = "") -> Target:
    """The local_aws that is up, or the account that boto3 finds in the environment.

    :param stack: its name in the account; by default ``trainyard``.
    :raises YardError: when nothing is up, or there is no such stack.
    """
    if on_aws:
        return _account(stack or infra.STACK)
    if stack:
        raise YardError("--stack names one of an AWS account.", "Say --aws, too.")
    from yard.session import attach

    session = attach(home)
    return Target(session.aws, session.outputs, {})


def _account(stack: str) -> Target:
    aws = Account()
    outputs = infra.outputs(aws, stack)
    if "BucketName" not in outputs:
        raise YardError(
            f"This account and region have no stack {stack!r} of ours.",
            f"{_REMEDY}; --stack says its name, AWS_PROFILE and AWS_REGION where it is.",
        )
    region = aws.client("cloudformation").meta.region_name
    return Target(aws, outputs, {"region": region, "poll_seconds": _POLL_SECONDS})
