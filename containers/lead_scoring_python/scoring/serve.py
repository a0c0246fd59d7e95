"""``serve``: text/csv in (features only), one score a line out, in the order of the rows.

SageMaker talks to port 8080 of the container. local_aws, where many containers share a machine, names another port, and
nobody but that machine shall reach it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import uvicorn

from .data import Refusal, numbers
from .model import of_folder

Message = MutableMapping[str, Any]
Answer = tuple[int, bytes, str]
TEXT, CSV, JSON = "text/plain", "text/csv", "application/json"
MOST_BYTES = 6 * 1024 * 1024  # a request of the runtime, and what a batch transform is told


class Server:
    """Serves one model (ASGI 3)."""

    def __init__(self, folder: Path) -> None:
        self._model = of_folder(folder)
        self._workers = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="model")

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer one request."""
        status, body, kind = await self._answer(scope, receive)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Message, receive: Callable[[], Awaitable[Message]]) -> Answer:
        route = (scope["method"], scope["path"])
        if route == ("GET", "/ping"):
            return 200, b"", TEXT
        if route == ("GET", "/execution-parameters"):
            told = {
                "MaxConcurrentTransforms": os.cpu_count() or 1,
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": 6,
            }
            return 200, json.dumps(told).encode(), JSON
        if route != ("POST", "/invocations"):
            return 404, b"", TEXT
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (kind := media(headers.get("content-type", ""))) not in ("", CSV):
            return 415, f"Content type {kind} is not supported: {CSV}".encode(), TEXT
        accepted = {media(part) for part in headers.get("accept", "").split(",")}
        if not accepted & {"", "*/*", "text/*", CSV}:
            return 406, f"Accept {headers['accept']} is not supported: {CSV}".encode(), TEXT
        parts, size, more = list[bytes](), 0, True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            size, more = size + len(parts[-1]), message.get("more_body", False)
            if size > MOST_BYTES:
                return 413, f"The payload has more than {MOST_BYTES} bytes.".encode(), TEXT
        return await asyncio.get_running_loop().run_in_executor(self._workers, self._scored, b"".join(parts))

    def _scored(self, body: bytes) -> Answer:
        if not body:
            return 204, b"", TEXT
        try:
            rows = numbers(body, "the request")
        except Refusal as refusal:
            return 400, str(refusal).encode(), TEXT
        if rows.shape[1] != self._model.features:
            told = f"its rows have {rows.shape[1]} columns; the model has {self._model.features} features"
            return 400, f"the request: {told}".encode(), TEXT
        return 200, "".join(f"{score:.9g}\n" for score in self._model.scores(rows)).encode(), CSV


def media(header: str) -> str:
    """Return a media type without its parameters."""
    return header.partition(";")[0].strip().lower()


def main() -> int:
    """Load the model and serve it until the end; 1 when there is none."""
    try:
        server = Server(Path("/opt/ml/model"))
    except (Refusal, OSError) as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    named = os.environ.get("SAGEMAKER_BIND_TO_PORT")
    # Clients keep their connections for longer than uvicorn would.
    options: dict[str, Any] = {"lifespan": "off", "access_log": False, "timeout_keep_alive": 3600}
    options["log_level"] = "warning"
    if named:
        uvicorn.run(server, host="127.0.0.1", port=int(named), **options)
    else:
        uvicorn.run(server, host="0.0.0.0", port=8080, **options)  # noqa: S104 - the container's own addresses
    return 0
