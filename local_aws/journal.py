"""moto behind the front, with a memory: calls that change something are written down and replayed at the next start.

moto keeps everything in the process. Before each recorded call its source of random identifiers is seeded with the
call's number, so a replay makes the same key ids, stack ids and resource names as the first time.
"""

import base64
import io
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local_aws.state import Record, Table

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_READS = re.compile(
    r"(Get|List|Describe|Head|Batch(Get|Describe)|Lookup|Filter|Search|Simulate|Estimate|Validate|Select)"
)
#: These leave nothing behind that the next start needs, or come too often to be kept; docs/local-aws.md says so.
_NOT_KEPT = frozenset({
    "PutMetricData", "PutLogEvents", "AssumeRole", "Encrypt", "Decrypt", "GenerateDataKey", "ReceiveMessage",
    "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch",
    # An execution of a state machine would do its work again.
    "StartExecution", "StartSyncExecution", "StopExecution", "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat",
})  # fmt: skip
_KEPT_HEADERS = ("HTTP_AUTHORIZATION", "HTTP_X_AMZ_TARGET", "HTTP_HOST", "CONTENT_TYPE")


class Moto:
    """The WSGI application that answers whatever the executing services do not."""

    def __init__(self, table: Table) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self._table = table
        self._changing = threading.Lock()
        for number, record in enumerate(table.values()):
            self._replay(number, record)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; ``environ["wsgi.input"]`` must still hold the whole body."""
        environ.pop("werkzeug.request", None)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        if not _changes_something(environ, body):
            return self._answer(environ, start_response)
        with self._changing:
            return self._record(environ, body, start_response)

    def _record(self, environ: Environ, body: bytes, start_response: StartResponse) -> Iterable[bytes]:
        number = len(self._table)
        record = _request_record(environ, body)
        statuses: list[str] = []

        def note_status(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        mock_random.seed(number)
        answer = list(self._answer(environ, note_status))
        if statuses and statuses[0][0] in "23":
            self._table.put(str(number), record)
        return answer

    def _replay(self, number: int, record: Record) -> None:
        body = base64.b64decode(record["body"])
        environ: Environ = {
            **record["environ"],
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
        }
        mock_random.seed(number)
        list(self._answer(environ, lambda *_: None))

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer


def _changes_something(environ: Environ, body: bytes) -> bool:
    operation = _operation(environ, body)
    if operation is None:
        return str(environ["REQUEST_METHOD"]) not in ("GET", "HEAD", "OPTIONS")
    return operation not in _NOT_KEPT and not _READS.match(operation)


def _operation(environ: Environ, body: bytes) -> str | None:
    """The operation's name where the protocol carries it (JSON: a header; query: a field); None for REST."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode("utf-8", errors="replace")).get("Action")
        return action[0] if action else None
    return None


def _request_record(environ: Environ, body: bytes) -> Record:
    kept = {name: environ[name] for name in _KEPT_HEADERS if name in environ}
    kept |= {
        name: value for name, value in environ.items() if name.startswith("HTTP_X_AMZ_") and isinstance(value, str)
    }
    kept |= {name: environ.get(name, "") for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SCRIPT_NAME")}
    return {"environ": kept, "body": base64.b64encode(body).decode()}
