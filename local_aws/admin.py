"""The admin address ``/_local/``: no AWS client reaches it by accident, since a bucket cannot be named ``_local``."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from local_aws import __version__

StartResponse = Callable[..., Any]


class Admin:
    """Answers ``GET /_local/health``."""

    def __init__(self) -> None:
        self.ready = False

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one admin request."""
        if environ["PATH_INFO"] == "/_local/health":
            status = "200 OK" if self.ready else "503 Service Unavailable"
            body = {"service": "local_aws", "version": __version__, "ready": self.ready}
        else:
            status, body = "404 Not Found", {"error": f"local_aws has no admin address {environ['PATH_INFO']}"}
        payload = json.dumps(body).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
        return [payload]
