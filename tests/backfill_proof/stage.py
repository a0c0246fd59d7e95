"""Where the proof takes place: a checkout of its own, small data, and services that are killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.crash_matrix.airflow import kill
from tests.crash_matrix.world import until
from yard import live, ports, services
from yard.backfill.airflow import Backfills
from yard.backfill.history import Ledger
from yard.home import Home, read_json
from yard.loading import monday
from yard.session import Session, attach
from yard.shop.generate import generate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
MODEL = "recommender"
_PARTS = (
    "dags",
    "plugins",
    "yard",
    "sql",
    "spark_jobs",
    "training_jobs",
    "containers",
    "serving",
    "infra",
    "local_aws",
)
#: Weeks of data before the first partition: its model learns from them, too.
_LEAD_IN = 12
_SHOP = {"rows": 60_000, "users": 600, "items": 400, "seed": 42}
#: A lost worker is found out within a minute, not within Airflow's five.
_SETTINGS = {
    "TRAINYARD_AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "TRAINYARD_AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}


@dataclass(frozen=True)
class Stage:
    """The services of the proof, and how to run its commands.

    :param weeks: the partitions that are backfilled, oldest first. Two newer ones have data, too: the newest week that
        is over, and this one.
    """

    home: Home
    weeks: list[str]

    @cached_property
    def session(self) -> Session:
        """The services, asked for once: local_aws is away for a while when it has been killed."""
        return attach(self.home)

    @cached_property
    def api(self) -> Backfills:
        """Its Airflow."""
        return Backfills(self.session.services.ui_url)

    @property
    def ledger(self) -> Ledger:
        """The records of the model."""
        return Ledger(self.session.aws, self.session.bucket, MODEL, MODEL)

    def yard(self, *arguments: str, log: Path | None = None) -> subprocess.Popen[str]:
        """Start a command, in the proof's own checkout."""
        output: Any = log.open("w", encoding="utf-8") if log else subprocess.PIPE
        argv = [sys.executable, "-m", "yard", *arguments]
        return subprocess.Popen(argv, cwd=self.home.root, stdout=output, stderr=subprocess.STDOUT, text=True)

    def say(self, *arguments: str) -> str:
        """What a command says.

        :raises RuntimeError: when it does not end well.
        """
        process = self.yard(*arguments)
        try:
            told, _ = process.communicate()
        finally:
            process.kill()  # still there only when we are told to end
        if process.returncode:
            raise RuntimeError(f"yard {' '.join(arguments)} ended with {process.returncode}:\n{told}")
        return told

    def production(self) -> dict[str, Any]:
        """What is live: the endpoint's config and version, and an answer of it."""
        found = live.describe(self.session.aws, MODEL)
        if found is None:
            raise RuntimeError("Nothing is live.")
        answer = live.ask(self.session.aws, MODEL, {"user": "user1", "k": 5})
        return {"config": found.config, "version": found.model_version, "answer": answer}

    def pause_all_but(self, dag: str) -> None:
        """Have the schedule of one DAG alone start runs."""
        for item in self.api._get("/api/v2/dags", {"limit": 100})["dags"]:
            paused = {"is_paused": item["dag_id"] != dag}
            self.api._expect(self.api._send("PATCH", f"/api/v2/dags/{item['dag_id']}", json=paused))

    def give_slots(self, slots: int) -> None:
        """How many tasks may be in workers: with none, all that are to begin or go on wait."""
        pool = {"pool": "default_pool", "slots": slots, "include_deferred": False}
        self.api._expect(
            self.api._send("PATCH", "/api/v2/pools/default_pool", params={"update_mask": ["slots"]}, json=pool)
        )

    def kill_worker(self) -> str:
        """SIGKILL the process of a running task and the worker that watches over it; say which one it was."""
        return f"killed a worker, at {until('a task is in a worker', self._kill_one)}"

    def _kill_one(self) -> str:
        path = f"/api/v2/dags/{MODEL}/dagRuns/~/taskInstances"
        for item in self.api._get(path, {"state": "running", "limit": 20})["task_instances"]:
            try:
                task = psutil.Process(item["pid"] or 0)
                worker = task.parent()
            except psutil.NoSuchProcess:
                continue
            if item["pid"] and worker and item["state"] == "running":
                kill(worker, task)
                return f"{item['task_id']} of {item['dag_run_id']}"
        return ""

    def kill_local_aws(self) -> str:
        """SIGKILL local_aws and every job in it, and wait until the supervisor has started it again."""
        former = psutil.Process(self._local_aws())
        kill(*former.children(recursive=True), former)
        until("local_aws is started again", lambda: self._local_aws() not in (0, former.pid))
        services.wait_for_local_aws(self.session.services)
        return "killed local_aws"

    def _local_aws(self) -> int:
        state = read_json(self.home.run / "supervisor.json") or {}
        return int(state["children"]["local_aws"].get("pid") or 0)  # it has none while it is started again


@contextmanager
def stage(state: Path, weeks: int) -> Iterator[Stage]:
    """Start everything with small data in the warehouse, and end it whatever happens.

    :param state: the folder of all that is made meanwhile.
    :param weeks: how many partitions there are to backfill.
    """
    home = Home(state / "checkout", state / "home")
    services.stop(home)  # what an earlier proof that was killed left behind
    shutil.rmtree(state, ignore_errors=True)
    _check_out(home)
    free = ports.choose(ports.Ports(14566, 18080, 18793))
    os.environ.update(_SETTINGS | {
        "TRAINYARD_STATE": str(home.state),
        "TRAINYARD_PORTS": f"{free.local_aws},{free.airflow},{free.logs}",
    })  # fmt: skip
    end = monday(datetime.now(UTC).date())
    made = Stage(home, [str(end - timedelta(weeks=back)) for back in range(weeks + 1, 1, -1)])
    try:
        print(made.say("up"), end="", flush=True)
        rows = home.state / "shop.parquet"
        generate(end=end + timedelta(weeks=1), weeks=weeks + 2 + _LEAD_IN, **_SHOP).to_parquet(rows, index=False)
        made.say("release")
        made.say("load", str(rows), "--replace")
        yield made
    finally:
        services.stop(home)


def _check_out(home: Home) -> None:
    for part in _PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, home.root / part, ignore=shutil.ignore_patterns("__pycache__"))
    environments = ROOT / ".trainyard" / "local_aws" / "environments"
    if environments.is_dir():  # PyTorch's takes minutes to make, and is the same
        home.local_aws.mkdir(parents=True)
        (home.local_aws / "environments").symlink_to(environments)
