"""The admin address ``/_local/``: no AWS client reaches it by accident, since a bucket cannot be named ``_local``."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

from local_aws import __version__
from local_aws.faults.admin import Answer, FaultsAdmin

StartResponse = Callable[..., Any]

_STATUS = {
    200: "200 OK",
    202: "202 Accepted",
    400: "400 Bad Request",
    404: "404 Not Found",
    409: "409 Conflict",
    503: "503 Service Unavailable",
}
_RESTART_SECONDS = 0.2  # so that the answer arrives before


class Admin:
    """Answers ``/_local/health``, ``/_local/restart``, and what faults are told by.

    :param restart: starts the whole program anew, at once and without a word to anything that runs.
    """

    def __init__(self, restart: Callable[[], None] | None = None) -> None:
        self.ready = False
        self.faults: FaultsAdmin | None = None
        self._restart = restart

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one admin request."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        status, answer = self._answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
        payload = json.dumps(answer).encode()
        start_response(_STATUS[status], [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
        return [payload]

    def _answer(self, method: str, path: str, body: bytes) -> Answer:
        if path == "/_local/health":
            return 200 if self.ready else 503, {"service": "local_aws", "version": __version__, "ready": self.ready}
        if path == "/_local/restart" and method == "POST":
            return self._restarted()
        found = self.faults.answer(method, path, body) if self.faults else None
        return found or (404, {"error": f"local_aws has no admin address {method} {path}"})

    def _restarted(self) -> Answer:
        if self._restart is None:
            return 409, {"error": "this local_aws is part of another program, which would have to start it anew"}
        threading.Timer(_RESTART_SECONDS, self._restart).start()
        return 202, {}
