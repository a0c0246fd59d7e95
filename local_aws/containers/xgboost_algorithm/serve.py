"""``serve``: predictions of ``xgboost-model`` over HTTP, with the image's content types, statuses and limits."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import uvicorn
import xgboost

from . import data
from .errors import UserError
from .train import MODEL

Answer = tuple[int, bytes, str]
CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
TEXT = "text/plain"
MOST_BYTES = 6 * 1024 * 1024


class Server:
    """Serves one model (ASGI 3)."""

    def __init__(self, folder: Path) -> None:
        found = folder / MODEL
        if not found.is_file():
            raise UserError(f"There is no {MODEL} in model.tar.gz.")
        self._model = xgboost.Booster(model_file=str(found))
        self._model.set_param({"nthread": 1})
        self._batch = os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"
        self._most = int(os.environ.get("MAX_CONTENT_LENGTH", MOST_BYTES))
        self._default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", CSV)
        self._worker = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="model")

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        status, body, kind = await self._answer(scope, receive)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: MutableMapping[str, Any], receive: Any) -> Answer:
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
        parts: list[bytes] = []
        more = True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._invoke, b"".join(parts), headers)

    def _invoke(self, body: bytes, headers: dict[str, str]) -> Answer:
        if not body.strip():
            return 204, b"", TEXT
        if len(body) > self._most:
            return 413, f"The payload has {len(body)} bytes; {self._most} are allowed.".encode(), TEXT
        accepts = [part.partition(";")[0].strip().lower() for part in headers.get("accept", "").split(",")]
        accept = next((kind for kind in accepts if kind in _WRITERS), None)
        if accept is None and set(accepts) & {"", "*/*"}:
            accept = self._default
        if accept is None:
            return 406, f"Accept type {', '.join(accepts)} is not supported: {', '.join(_WRITERS)}".encode(), TEXT
        try:
            matrix = self._matrix(body, headers.get("content-type", CSV))
        except _Media as error:
            return 415, str(error).encode(), TEXT
        except UserError as error:
            return 400, f"Unable to evaluate payload provided: {error}".encode(), TEXT
        predictions = self._model.predict(matrix, validate_features=False).tolist()
        return 200, _WRITERS[accept](predictions, self._batch), accept

    def _matrix(self, body: bytes, content_type: str) -> Any:
        kind, known = content_type.partition(";")[0].strip().lower(), self._model.num_features()
        if kind in (CSV, ""):
            rows = data.parse_csv(body.strip(b"\r\n"))
        elif kind in ("text/libsvm", "text/x-libsvm"):
            rows, _ = data.parse_libsvm([line for line in body.splitlines() if line.strip()], known)
        else:
            raise _Media(f"Content-type {kind} not supported: text/csv, text/libsvm, text/x-libsvm")
        if rows.shape[1] != known:
            raise UserError(
                f"Feature size of inference data {rows.shape[1]} is not consistent with feature size of trained model "
                f"{known}."
            )
        return xgboost.DMatrix(rows)


class _Media(Exception):
    """A content type that is not served."""


def _csv(predictions: list[Any], batch: bool) -> bytes:
    return ("\n".join(map(str, predictions)) + "\n" if batch else ",".join(map(str, predictions))).encode()


def _json(predictions: list[Any], batch: bool) -> bytes:
    del batch
    return json.dumps({"predictions": list(_scored(predictions))}).encode()


def _lines(predictions: list[Any], batch: bool) -> bytes:
    del batch
    return "".join(json.dumps(item) + "\n" for item in _scored(predictions)).encode()


def _scored(predictions: list[Any]) -> Iterator[dict[str, Any]]:
    yield from ({"score": prediction} for prediction in predictions)


_WRITERS: dict[str, Callable[[list[Any], bool], bytes]] = {CSV: _csv, JSON: _json, LINES: _lines}


def main() -> int:
    """Load the model and serve it until the end; 1 when there is none."""
    try:
        server = Server(Path("/opt/ml/model"))
    except (UserError, xgboost.core.XGBoostError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    uvicorn.run(
        server,
        host="127.0.0.1",
        port=int(os.environ["SAGEMAKER_BIND_TO_PORT"]),
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=24 * 3600,  # the front keeps its connections
    )
    return 0
