"""What a service is: a name in botocore's catalog and objects whose methods answer its operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from werkzeug.wrappers import Request


@dataclass(frozen=True)
class Call:
    """One API call, routed, parsed and validated against botocore's model of the service."""

    service: str
    operation: str
    params: dict[str, Any]
    region: str
    access_key: str
    request: Request

    @property
    def action(self) -> str:
        """The call as IAM and the audit log name it, e.g. ``sagemaker:CreateTrainingJob``."""
        return f"{self.service}:{self.operation}"


class Service:
    """One AWS service.

    Handlers are methods named as in boto3 (``create_training_job``). They take a :class:`Call` and return the
    result as botocore's output shape names it (None for an empty one), or raise ``AwsError``.
    """

    name: ClassVar[str]
    #: True: an operation without a handler is answered 501 with its name. False: moto answers it.
    owns_all: ClassVar[bool] = True

    def handlers(self) -> Sequence[object]:
        """The objects whose methods answer calls, asked in this order."""
        return [self]

    def start(self) -> None:
        """Take up what an earlier process left: called once, when the state is loaded and the server listens."""

    def stop(self) -> None:
        """End every process of the service; called before exit."""
