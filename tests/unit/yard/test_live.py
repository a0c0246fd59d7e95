"""Asking an endpoint: each kind of request in its own words, and an answer whatever happens."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from yard import live
from yard.clients import Aws


class Endpoint(BaseHTTPRequestHandler):
    """Answers as a container does: CSV for CSV, JSON for JSON; says what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        kind = self.headers["Content-Type"]
        self.server.seen.append((self.path, kind, self.headers["X-Amzn-SageMaker-Accept"] or self.headers["Accept"]))  # type: ignore[attr-defined]  # the server of this test
        answer = f"{body.count(',')}.5\n" if kind == "text/csv" else json.dumps({"got": json.loads(body)})
        if "broken" in body:
            answer = "no JSON at all"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    found = HTTPServer(("127.0.0.1", 0), Endpoint)
    found.seen = []  # type: ignore[attr-defined]  # what came in
    thread = Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def aws(server: HTTPServer) -> Aws:
    return Aws(f"http://127.0.0.1:{server.server_port}")


def test_a_text_is_sent_and_answered_as_csv(server: HTTPServer) -> None:
    assert live.ask(aws(server), "lead-scoring", "41,1,999") == "2.5"
    assert server.seen == [("/endpoints/lead-scoring/invocations", "text/csv", "text/csv")]  # type: ignore[attr-defined]


def test_everything_else_is_sent_and_answered_as_json(server: HTTPServer) -> None:
    assert live.ask(aws(server), "recommender", {"user": "josé"}) == {"got": {"user": "josé"}}
    assert [kind for _, kind, _ in server.seen] == ["application/json"]  # type: ignore[attr-defined]


def test_an_answer_that_is_none_is_told_as_an_error(server: HTTPServer) -> None:
    assert "error" in live.ask(aws(server), "recommender", {"user": "broken"})


def test_an_endpoint_that_is_not_there_is_told_as_an_error(server: HTTPServer) -> None:
    server.shutdown()
    server.server_close()
    assert "error" in live.ask(aws(server), "recommender", {"user": "u"})
