"""What the matrix does to Airflow's tasks: by its public API where a person would, by signals where a machine dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

from yard import airflow_api
from yard.airflow_api import AirflowApi

if TYPE_CHECKING:
    import httpx

# The matrix keeps the embedded database busier than a person does.
airflow_api._TROUBLE_SECONDS = 300.0

_DELETED_SECONDS = 60.0

#: No task changes by itself out of these.
ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
WORK = "work"


class Airflow(AirflowApi):
    """The API, and the worst that can happen behind it.

    One change at a time: requests that change something wait for one another inside the API server, and with an
    embedded database some of them until it gives up (seen in 3.3.2).
    """

    def __init__(self, ui_url: str) -> None:
        super().__init__(ui_url)
        self._one_at_a_time = threading.Lock()

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        if method == "GET":
            return super()._send(method, path, **options)
        with self._one_at_a_time:
            return super()._send(method, path, **options)

    def work(self, dag: str, run: str) -> dict[str, Any]:
        """The task instance that is made to suffer; empty when there is none (any more)."""
        answer = self._send("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{WORK}")
        found: dict[str, Any] = {} if answer.status_code == 404 else self._expect(answer).json()
        return found

    def clear(self, dag: str, run: str) -> None:
        """Clear the task, as a person does who wants its work done anew."""
        body = {"dry_run": False, "dag_run_id": run, "task_ids": [WORK], "only_failed": False, "reset_dag_runs": True}
        self._expect(self._send("POST", f"/api/v2/dags/{dag}/clearTaskInstances", json=body))

    def mark_failed(self, dag: str, run: str) -> None:
        """Mark the task as failed."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{WORK}"
        self._expect(self._send("PATCH", path, json={"new_state": "failed"}))

    def delete(self, dag: str, run: str) -> None:
        """Delete a run that was marked failed; a teardown keeps it running until that is done."""
        deadline = time.monotonic() + _DELETED_SECONDS
        path = f"/api/v2/dags/{dag}/dagRuns/{run}"
        while (answer := self._send("DELETE", path)).status_code == 409 and time.monotonic() < deadline:
            time.sleep(0.5)
        self._expect(answer)

    def kill_worker(self, dag: str, run: str) -> None:
        """End the process that runs the task, and the worker that watches over it, as a lost machine does."""
        pid = self.work(dag, run)["pid"]
        with suppress(psutil.NoSuchProcess):
            kill(*_with_worker(psutil.Process(pid)))


def kill(*processes: psutil.Process) -> None:
    """SIGKILL, all at once."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _with_worker(task: psutil.Process) -> tuple[psutil.Process, ...]:
    """The worker first: it must not live to report that its task has died."""
    worker = task.parent()
    return (worker, task) if worker else (task,)
