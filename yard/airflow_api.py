"""Airflow's public REST API, as far as runs are triggered, followed and explained."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from yard.errors import YardError

#: States in which a task instance, or a run, will not change by itself any more.
TASK_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
RUN_ENDED = {"success", "failed"}
#: A DAG file is parsed within seconds of the start; until then its DAG is not found.
_PARSED_SECONDS = 90.0
#: An API server that died is started again, and answers within seconds.
_PATIENCE_SECONDS = 60.0
#: How long answers of 500 and above are taken for passing trouble.
_TROUBLE_SECONDS = 30.0


@dataclass(frozen=True)
class Task:
    """A task instance: what it is doing."""

    task_id: str
    state: str | None
    try_number: int
    map_index: int
    started: datetime | None
    ended: datetime | None
    seconds: float | None

    @classmethod
    def of(cls, item: dict[str, Any]) -> "Task":
        """Read one entry of a list of task instances."""
        return cls(
            task_id=item["task_id"],
            state=item["state"],
            try_number=item["try_number"],
            map_index=item["map_index"],
            started=moment(item["start_date"]),
            ended=moment(item["end_date"]),
            seconds=item["duration"],
        )

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the other task instances of its run."""
        return self.task_id, self.map_index

    @property
    def name(self) -> str:
        """The task's id, with the index of a mapped one."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


def moment(text: str | None) -> datetime | None:
    """A point in time of a response."""
    return datetime.fromisoformat(text) if text else None


class AirflowApi:
    """A client of one Airflow.

    :param ui_url: where it answers, without a slash at the end.
    :param transport: how requests travel; tests give their own.
    """

    def __init__(self, ui_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.ui_url = ui_url
        # A busy API server may need many seconds; it is on this machine, so no proxy stands between.
        self._http = httpx.Client(base_url=ui_url, timeout=60, trust_env=False, transport=transport)

    def trigger(self, dag: str, run: str, conf: dict[str, Any]) -> None:
        """Start a run.

        :param run: its id, new: a request whose answer was lost is sent again, and finds the run it made.
        :param conf: the fields of the form that differ from their defaults.
        :raises YardError: when Airflow refuses it, with Airflow's reason.
        """
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        answer = self._send("POST", f"/api/v2/dags/{dag}/dagRuns", json=body)
        if answer.status_code != 409:  # 409: it is there already
            self._expect(answer)

    def form(self, dag: str) -> dict[str, Any]:
        """The fields of a DAG's trigger form, by name; waits until the DAG's file has been parsed.

        :raises YardError: when there is no such DAG, with what Airflow says of files it cannot read.
        """
        deadline = time.monotonic() + _PARSED_SECONDS
        while (answer := self._send("GET", f"/api/v2/dags/{dag}/details")).status_code == 404:
            errors = self._import_errors()
            if errors or time.monotonic() > deadline:
                raise YardError(f"There is no DAG {dag}.", errors or "See dags/ and .trainyard/logs/dag-processor.log.")
            time.sleep(0.3)
        params = self._expect(answer).json().get("params")
        return params if isinstance(params, dict) else {}

    def unpause(self, dag: str) -> None:
        """Let the DAG's runs go on."""
        self._expect(self._send("PATCH", f"/api/v2/dags/{dag}", json={"is_paused": False}))

    def run(self, dag: str, run: str) -> dict[str, Any]:
        """A run, as Airflow describes it."""
        return self._get(f"/api/v2/dags/{dag}/dagRuns/{run}")

    def runs(self, dag: str, limit: int, states: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """The newest runs, newest first."""
        params = {"limit": limit, "order_by": "-id", **({"state": list(states)} if states else {})}
        found: list[dict[str, Any]] = self._get(f"/api/v2/dags/{dag}/dagRuns", params)["dag_runs"]
        return found

    def end_run(self, dag: str, run: str, why: str) -> None:
        """Mark a run failed, which ends its tasks, and have its page say why."""
        body = {"state": "failed", "note": why}
        self._expect(self._send("PATCH", f"/api/v2/dags/{dag}/dagRuns/{run}", json=body))

    def tasks(self, dag: str, run: str) -> list[Task]:
        """All task instances of a run, in no particular order."""
        items = self._get(f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances", {"limit": 100})["task_instances"]
        return [Task.of(item) for item in items]

    def waits_for(self, dag: str) -> dict[str, set[str]]:
        """The ids of the DAG's tasks, each with those it waits for."""
        tasks = self._get(f"/api/v2/dags/{dag}/tasks")["tasks"]
        waits = {task["task_id"]: set[str]() for task in tasks}
        for task in tasks:
            for later in task["downstream_task_ids"]:
                waits.setdefault(later, set()).add(task["task_id"])
        return waits

    def task_order(self, dag: str) -> list[str]:
        """The ids of the DAG's tasks, each after those it waits for."""
        waits = self.waits_for(dag)
        order: list[str] = []
        while waits:
            free = sorted(task for task, before in waits.items() if not before - set(order)) or sorted(waits)
            order += free
            waits = {task: before for task, before in waits.items() if task not in order}
        return order

    def result(self, dag: str, run: str, task: str, map_index: int = -1) -> Any:
        """What a task returned; None when it returned nothing."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        answer = self._send("GET", path, params={"map_index": map_index, "deserialize": False})
        return None if answer.status_code == 404 else self._expect(answer).json()["value"]

    def log(self, dag: str, run: str, task: Task) -> list[dict[str, Any]]:
        """The log of a task's latest try: events with ``event``, ``level``, ``error_detail``..."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task.task_id}/logs/{max(1, task.try_number)}"
        answer = self._send("GET", path, params={"map_index": task.map_index}, headers={"Accept": "application/json"})
        if answer.status_code == 404:
            return []
        content = self._expect(answer).json()["content"]
        return [event if isinstance(event, dict) else {"event": str(event)} for event in content]

    def run_page(self, dag: str, run: str) -> str:
        """The address of a run in the UI."""
        return f"{self.ui_url}/dags/{dag}/runs/{run}"

    def task_page(self, dag: str, run: str, task: Task) -> str:
        """The address of a task instance, with its log, in the UI."""
        mapped = f"/mapped/{task.map_index}" if task.map_index >= 0 else ""
        return f"{self.run_page(dag, run)}/tasks/{task.task_id}{mapped}"

    def _import_errors(self) -> str:
        errors = self._get("/api/v2/importErrors")["import_errors"]
        return "\n".join(f"{error['filename']}: {error['stack_trace'].strip()}" for error in errors)

    def _get(self, path: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self._expect(self._send("GET", path, params=params)).json()
        return found

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request, again when the connection is lost or the server failed: it may just be restarted, or a busy
        embedded database did not let it in.

        All that is sent may be sent twice: questions, changes to a given state, and runs with an id.
        """
        started, pause = time.monotonic(), 0.1
        deadline = started + _PATIENCE_SECONDS
        while True:
            try:
                answer = self._http.request(method, path, **options)
                if answer.is_server_error and time.monotonic() < started + _TROUBLE_SECONDS:
                    time.sleep(pause)
                    continue
                if answer.status_code != 401:
                    return answer
                token = self._http.get("/auth/token").raise_for_status().json()["access_token"]
            except httpx.HTTPError as error:
                if time.monotonic() > deadline:
                    raise YardError(f"Airflow does not answer at {self.ui_url}: {error}.", "`yard status`") from error
                time.sleep(pause)
                pause = min(2 * pause, 3.0)
            else:
                self._http.headers["Authorization"] = f"Bearer {token}"

    def _expect(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            raise YardError(f"Airflow answered {answer.request.method} {answer.request.url.path}: {_detail(answer)}")
        return answer


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = answer.text[:500]
    return f"{detail} ({answer.status_code})"
