"""An execution of a Step Functions state machine that somebody else has made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.owners import sign
from trainyard.requests.words import filled, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainyard.job import Job
    from trainyard.settings import Settings

INPUT_BYTES = 262_144  # the service's limit for the input of an execution
OWNER = "trainyard"  # the key of the input that says whose execution it is: it has no tags


def machine_arn(machine: str, settings: Settings) -> str:
    """Return a state machine's ARN: of the account that the jobs' roles are in, unless it is one already."""
    if machine.startswith("arn:"):
        return machine
    partition = settings.roles.training.split(":")[1]
    return f"arn:{partition}:states:{settings.region}:{settings.account}:stateMachine:{machine}"


def machine_execution(job: Job, machine: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the StartExecution, without its name.

    Args:
        job: the step; its place is where the state machine is told to leave what it makes.
        machine: the state machine's name, or its ARN.
        given: the input. In a text, however deep, words such as ``{partition}`` stand for the run's; see ``words``. The
            key ``trainyard`` is added, and says whose execution it is.

    Raises:
        InputError: when the input is longer than the service takes.
    """
    text = json.dumps(filled(dict(given), words_of(job)) | {OWNER: sign(job.tags)}, sort_keys=True)
    size = len(text.encode())
    if size > INPUT_BYTES:
        raise InputError(f"The input of the state machine {machine!r} has {size} bytes; {INPUT_BYTES} are allowed.")
    return {"stateMachineArn": machine_arn(machine, job.settings), "input": text}


def packages_in(value: Any) -> Iterator[str]:
    """Yield the ARNs of model packages that stand in an execution's output, however deep, each once."""
    seen: set[str] = set()
    for text in _texts(value):
        if text.startswith("arn:") and ":model-package/" in text and text not in seen:
            seen.add(text)
            yield text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
