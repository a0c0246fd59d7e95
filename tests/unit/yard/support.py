"""An Airflow of a few lines: answers yard's questions from what a test puts in."""

import re
from datetime import datetime
from typing import Any

import httpx

from yard.airflow_api import AirflowApi, Task


def task(
    name: str,
    state: str | None,
    *,
    tries: int = 1,
    map_index: int = -1,
    started: datetime | None = None,
    ended: datetime | None = None,
) -> Task:
    """A task instance."""
    seconds = (ended - started).total_seconds() if started and ended else None
    return Task(name, state, tries, map_index, started, ended, seconds)


class FakeAirflow:
    """Its REST API, and a record of what was asked."""

    url = "http://127.0.0.1:8080"

    def __init__(self) -> None:
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.results: dict[str, Any] = {}
        self.tasks: list[Task] = []
        self.downstream: dict[str, list[str]] = {}
        self.run: dict[str, Any] = {"state": "success", "start_date": None, "end_date": None, "conf": {}}
        self.runs: dict[str, dict[str, Any]] = {}
        self.form: dict[str, Any] = {"partition": {}}
        self.import_errors: list[dict[str, str]] = []
        self.parsed = True
        self.lost_replies = 0
        self.failing_answers = 0
        self.asked: list[str] = []

    def api(self) -> AirflowApi:
        return AirflowApi(self.url, httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path == "/auth/token":
            return httpx.Response(200, json={"access_token": "token"})
        if request.headers.get("Authorization") != "Bearer token":
            return httpx.Response(401, json={"detail": "Not authenticated"})
        if self.failing_answers:
            self.failing_answers -= 1
            return httpx.Response(500, json={"detail": "database is locked"})
        response = self._route(request, path)
        if self.lost_replies and request.method == "POST":
            self.lost_replies -= 1
            raise httpx.ReadError("connection reset")
        return response

    def _route(self, request: httpx.Request, path: str) -> httpx.Response:
        if path == "/api/v2/importErrors":
            return httpx.Response(200, json={"import_errors": self.import_errors})
        if path.endswith("/details"):
            return httpx.Response(200, json={"params": self.form}) if self.parsed else _missing("Dag")
        if path.endswith("/dagRuns") and request.method == "POST":
            return self._trigger(request)
        if path.endswith("/tasks"):
            tasks = [{"task_id": name, "downstream_task_ids": after} for name, after in self.downstream.items()]
            return httpx.Response(200, json={"tasks": tasks})
        if match := re.search(r"/taskInstances/([^/]+)/logs/", path):
            return httpx.Response(200, json={"content": self.logs.get(match[1], [])})
        if match := re.search(r"/taskInstances/([^/]+)/xcomEntries/return_value$", path):
            found = match[1] in self.results
            return httpx.Response(200, json={"value": self.results[match[1]]}) if found else _missing("XCom")
        if path.endswith("/taskInstances"):
            return httpx.Response(200, json={"task_instances": [_item(found) for found in self.tasks]})
        if re.search(r"/dagRuns/[^/]+$", path):
            return httpx.Response(200, json=self.run)
        return _missing("page")

    def _trigger(self, request: httpx.Request) -> httpx.Response:
        body = httpx.Response(200, content=request.content).json()
        if body["dag_run_id"] in self.runs:
            return httpx.Response(409, json={"detail": "already exists"})
        if "epochs" in body["conf"] and not isinstance(body["conf"]["epochs"], int):
            return httpx.Response(400, json={"detail": "Invalid input for param epochs"})
        self.runs[body["dag_run_id"]] = body
        return httpx.Response(200, json=body)


def _item(found: Task) -> dict[str, Any]:
    return {
        "task_id": found.task_id,
        "state": found.state,
        "try_number": found.try_number,
        "map_index": found.map_index,
        "start_date": found.started and found.started.isoformat(),
        "end_date": found.ended and found.ended.isoformat(),
        "duration": found.seconds,
    }


def _missing(what: str) -> httpx.Response:
    return httpx.Response(404, json={"detail": f"{what} not found"})
