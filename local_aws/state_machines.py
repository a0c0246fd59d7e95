"""Step Functions: moto's interpreter of the Amazon States Language, with local_aws behind its tasks.

moto leaves executions running for ever unless it is told to interpret them; then its tasks call AWS by boto3. Here they
call this local_aws, so that ``aws-sdk:sagemaker:startPipelineExecution`` starts a pipeline that runs. SageMaker's own
integration, ``sagemaker:createTrainingJob.sync``, which moto does not have, is in ``state_machine_tasks``.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.exceptions import AWSError
from moto.stepfunctions import responses

from local_aws.state import Table

#: A task is asked for once, and may be long in answering; the interpreter retries as the definition says.
_CLIENT = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=900, proxies={})


class Clients:
    """boto3's clients of this local_aws, each made once: making one is slow, and sessions are not for threads."""

    def __init__(self) -> None:
        self.endpoint_url = ""
        self._made: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, region: str, service: str, state_credentials: Any = None) -> Any:
        """A client, as moto's interpreter asks for it; whose role it is makes no difference here."""
        del state_credentials
        key = (self.endpoint_url, region, service)
        with self._lock:
            if key not in self._made:
                session = boto3.session.Session(aws_access_key_id="states", aws_secret_access_key="states")  # noqa: S106 - local_aws takes any
                made = session.client(service, region_name=region, endpoint_url=self.endpoint_url, config=_CLIENT)
                made.meta.events.register("after-call.*", _say_times)
                self._made[key] = made
            return self._made[key]


def _say_times(parsed: dict[str, Any], **_: Any) -> None:
    """Make times the texts that a state's output has on AWS: an output is JSON."""
    parsed.update(_plain(parsed))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


class _InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"
    STATUS = 400


CLIENTS = Clients()


#: Each local_aws of this process, the newest last: its URL, and where its executions are remembered.
_served: list[tuple[str, Table]] = []


def interpret(endpoint_url: str, kept: Table) -> None:
    """Have executions interpreted, with their tasks calling the local_aws at this URL: moto is one per process.

    :param kept: what became of executions is written there.
    """
    _served.append((endpoint_url, kept))
    CLIENTS.endpoint_url = endpoint_url
    responses.get_backend = lambda account, region: _backends()[account][region]


def leave(endpoint_url: str) -> None:
    """Forget a local_aws that ends; the one before it, if there is one, is served again."""
    _served[:] = [served for served in _served if served[0] != endpoint_url]
    CLIENTS.endpoint_url = _served[-1][0] if _served else ""


def take_up() -> None:
    """Give the state machines, which the journal has made again, the executions of an earlier local_aws."""
    table = _served[-1][1]
    if len(table):
        backends = _backends()
        from local_aws.state_machine_memory import restore

        restore(table, backends)


@cache
def _backends() -> Any:
    """moto's interpreter, imported when the first state machine is spoken of: it takes a while.

    Modules of moto that make clients take the function by name, so it is replaced before any of them is imported.
    """
    from moto.stepfunctions.parser.asl.utils import boto_client

    _replace(boto_client, "boto_client_for", CLIENTS)
    from moto.stepfunctions.parser import models
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
    from moto.stepfunctions.parser.backend import execution

    from local_aws.state_machine_tasks import service_for

    _replace(state_task_factory, "state_task_service_for", service_for)
    _replace(models, "InvalidDefinition", _InvalidDefinition)  # moto's own reaches a client without its name
    _remember(execution.Execution, "start", lambda execution: execution)
    _remember(execution.BaseExecutionWorkerCommunication, "terminated", lambda worker: worker.execution)
    return models.stepfunctions_parser_backends


def _remember(holder: Any, name: str, of: Callable[[Any], Any]) -> None:
    """Have an execution written down after each call of a method."""
    method = getattr(holder, name)

    def remembered(self: Any) -> None:
        from local_aws.state_machine_memory import remember

        method(self)
        if _served:  # else local_aws ends, and says at its next start that this one was under way
            remember(_served[-1][1], of(self))

    setattr(holder, name, remembered)


def _replace(module: Any, name: str, ours: Any) -> None:
    getattr(module, name)  # a moto that has renamed it shall fail here, not quietly go its own way
    setattr(module, name, ours)
