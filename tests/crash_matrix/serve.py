"""The model server of the crash matrix: nothing but the standard library.

It starts after as many seconds as the file ``starts_after`` of its archive says, takes as long for a request as its
``sleep`` asks for, and answers with its version.
"""

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Answer ``/ping``."""
        self.answer(200 if self.path == "/ping" else 404, b"")

    def do_POST(self) -> None:
        """Answer ``/invocations``."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(asked.get("sleep", 0))
        self.answer(200, json.dumps({"model_version": os.environ.get("TRAINYARD_MODEL_VERSION")}).encode())

    def answer(self, status: int, body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


time.sleep(float(Path("/opt/ml/model/starts_after").read_text()))
ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
