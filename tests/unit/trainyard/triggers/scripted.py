"""A client that answers as it was told to: one answer per call, the last one for ever."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "any")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "any")
ABSENT = ClientError({"Error": {"Code": "ValidationException", "Message": "Requested resource not found."}}, "any")
ENDED = ClientError({"Error": {"Code": "ValidationException", "Message": "The job is in status Completed"}}, "any")
CUT = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


class Client:
    """Answers calls from a script."""

    def __init__(self, script: dict[str, list[Any]], seconds: float) -> None:
        self.script, self.seconds = script, seconds
        self.calls: list[str] = []
        self.finished: list[str] = []
        self.meta = SimpleNamespace(service_model=SimpleNamespace(service_name="scripted"), method_to_api_mapping={})

    def __getattr__(self, method: str) -> Any:
        async def answer(**_: Any) -> Any:
            self.calls.append(method)
            await asyncio.sleep(self.seconds)
            answers = self.script[method]
            given = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(given, Exception):
                raise given
            self.finished.append(method)
            return given

        return answer


class ScriptedAws:
    """Opens the one scripted client, and counts how often."""

    def __init__(self, script: dict[str, list[Any]], seconds: float = 0.0) -> None:
        self.region, self.connection = "us-east-1", "aws_default"
        self.its = Client(script, seconds)
        self.opened = 0

    @asynccontextmanager
    async def open(self, service: str) -> AsyncIterator[Client]:
        """Open the client."""
        del service
        self.opened += 1
        yield self.its


def with_script(trigger: Any, seconds: float = 0.0, **script: list[Any]) -> Client:
    """Let a trigger talk to a scripted client."""
    trigger.aws = ScriptedAws(script, seconds)
    client: Client = trigger.aws.its
    return client


def fired(trigger: Any) -> dict[str, Any]:
    """Run a trigger to its one event, which must be plain JSON."""

    async def run() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    (payload,) = asyncio.run(run())
    plain: dict[str, Any] = json.loads(json.dumps(payload))
    assert plain == payload
    return plain
