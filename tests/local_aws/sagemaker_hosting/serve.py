"""A model server of nothing but the standard library, for `local/python`: `code/serve` of the tests' models.

`model.json` of the archive says what it does: {"version": "1", "fails": "load" | "ping" | null}.
A request with `boom` in its body fails, `flaky` only the first time, `teapot` is refused, `die` ends the process,
`slow` waits for the file that HOLD_UNTIL names.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL = json.loads(Path("/opt/ml/model/model.json").read_text())
HELD = Path(os.environ.get("HOLD_UNTIL", "/nonexistent"))


def say(line: str) -> None:
    """Write to the container's log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    was_flaky = False

    def do_GET(self) -> None:
        if self.path == "/ping":
            self.answer(503 if MODEL.get("fails") == "ping" else 200, b"")
        elif self.path == "/execution-parameters" and "execution_parameters" in MODEL:
            self.answer(200, json.dumps(MODEL["execution_parameters"]).encode())
        else:
            self.answer(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        flaky, Handler.was_flaky = b"flaky" in body and not Handler.was_flaky, Handler.was_flaky or b"flaky" in body
        if b"boom" in body or flaky:
            say("the model broke")
            self.answer(500, b"the model broke")
        elif b"teapot" in body:
            self.answer(418, b"I am a teapot")
        elif b"die" in body:
            os._exit(3)
        else:
            if b"slow" in body:
                say("holding a request")
            while b"slow" in body and not HELD.exists():
                time.sleep(0.01)
            self.answer(200, self.result(body))

    def result(self, body: bytes) -> bytes:
        if MODEL.get("echo"):
            return body.upper()
        answer = {
            "version": os.environ.get("VERSION", MODEL["version"]),
            "body": body.decode(),
            "content_type": self.headers.get("Content-Type"),
            "accept": self.headers.get("Accept"),
            "custom": self.headers.get("X-Amzn-SageMaker-Custom-Attributes"),
            "batch": os.environ.get("SAGEMAKER_BATCH"),
        }
        return json.dumps(answer).encode()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"by-{MODEL['version']}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


if MODEL.get("fails") == "load":
    sys.exit("cannot load the weights of this model")
say(f"serving version {MODEL['version']}")
ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
