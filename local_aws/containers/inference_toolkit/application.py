"""SageMaker's container contract over HTTP (``/ping``, ``/invocations``, ``/execution-parameters``) as plain ASGI."""

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .content import UnsupportedFormat
from .errors import offer
from .handlers import Handler

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, bytes, dict[str, str]]


class Application:
    """Serves one loaded model.

    The user's code runs in one thread of its own: it need not be thread-safe, and ``/ping`` answers while it works.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._chooses_status = offer()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        status, body, headers = await self._answer(scope, receive)
        encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        encoded.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: MutableMapping[str, Any], receive: Receive) -> Answer:
        route = (scope["method"], scope["path"])
        if route == ("GET", "/ping"):
            return 200, b"", {}
        if route == ("POST", "/invocations"):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            body = await _whole_body(receive)
            return await asyncio.get_running_loop().run_in_executor(self._worker, self._invoke, body, headers)
        if route == ("GET", "/execution-parameters"):
            parameters = json.dumps(self._handler.execution_parameters()).encode()
            return 200, parameters, {"content-type": "application/json"}
        return 404, b"", {}

    def _invoke(self, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            answer, answered = self._handler.transform(body, headers)
        except UnsupportedFormat as error:
            return error.status, str(error).encode(), {"content-type": "text/plain"}
        except Exception as error:
            if isinstance(error, self._chooses_status):
                return int(error.status_code), str(error).encode(), {"content-type": "text/plain"}  # type: ignore[attr-defined]  # the class has it
            trace = traceback.format_exc()
            sys.stderr.write(trace)
            sys.stderr.flush()
            return 500, f"{error}\n{trace}".encode(), {"content-type": "text/plain"}
        return 200, answer, answered


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
