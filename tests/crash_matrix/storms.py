"""``python -m tests.crash_matrix.storms``: many jobs at once, and what they cost in calls.

* 12 jobs in an Airflow pool of three slots: never more than three at a time.
* 200 jobs that are over in no time, two triggerers, one of them killed: none lost, none counted twice.
* 50 runs at once against the service's own quotas, with a fifth of the calls throttled and a twentieth failing: all
  succeed; the calls a job and hour are printed, beside those of the stock operator for the same work.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.crash_matrix.counting import count, digest_of
from tests.crash_matrix.world import ROOT, World, until, world
from yard import environment
from yard.airflow_api import RUN_ENDED
from yard.errors import YardError
from yard.home import read_json
from yard.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTAS = {"sagemaker": {"List*": 2, "Describe*": 10, "Create*": 1}}
RUNS, SECONDS = 50, 15
ENDING_SECONDS = 10.0  # what a worker may take to end, on a machine that has other things to do
MOST_SECONDS = 900.0  # a side that has not ended by then has not succeeded


def main() -> int:
    """Run them; 1 when a job was lost, made twice, or failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash_matrix.storms", description=__doc__)
    parser.add_argument("--state", type=Path, default=ROOT / ".trainyard" / "crash-matrix", help="its state folder")
    storms = {"pool": jobs_in_a_pool, "jobs": short_jobs, "runs": runs_at_once}
    parser.add_argument("--only", choices=list(storms), help="one of them (default: all)")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # whatever was started is ended, also when this is
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    with world(options.state) as made:
        chosen = [storm for name, storm in storms.items() if options.only in (None, name)]
        wrong = [what for storm in chosen for what in storm(made)]
    for what in wrong:
        print(f"WRONG: {what}")
    return 1 if wrong else 0


def short_jobs(made: World) -> list[str]:
    """200 short jobs, with two triggerers of which one dies; returns what is wrong."""
    airflow, dag, run = made.airflow, "storm", f"storm_{int(time.time())}"
    airflow.form(dag)
    before = set(_names(made, "crash-work-"))
    with second_triggerer(made) as other:
        airflow.trigger(dag, run, {})
        until("a third of the jobs is done", lambda: _done(made, dag, run) > 65, 300)
        other.kill()
        began = time.monotonic()
        until("the run ends", lambda: airflow.run(dag, run)["state"] in RUN_ENDED, 600)
    made_jobs = [name for name in _names(made, "crash-work-") if name not in before]
    state = airflow.run(dag, run)["state"]
    print(f"200 jobs, two triggerers, one killed: {state} {time.monotonic() - began:.0f} s after the kill, "
          f"{len(made_jobs)} jobs, {len(set(made_jobs))} names")  # fmt: skip
    wrong = [] if state == "success" else [f"the run ended as {state}"]
    return wrong + ([] if len(made_jobs) == 200 else [f"{len(made_jobs)} jobs for 200 tasks"])


def jobs_in_a_pool(made: World) -> list[str]:
    """12 jobs that share a pool of three slots; returns what is wrong."""
    airflow, dag, run = made.airflow, "storm_pooled", f"pooled_{int(time.time())}"
    pool = {"name": "three", "slots": 3, "include_deferred": True}
    airflow._expect(airflow._send("POST", "/api/v2/pools", json=pool))
    airflow.form(dag)
    airflow.trigger(dag, run, {})
    most, sagemaker = 0, made.aws.client("sagemaker")
    before = len(_names(made, "crash-work-"))
    while airflow.run(dag, run)["state"] not in RUN_ENDED:
        busy = sagemaker.list_processing_jobs(NameContains="crash-work-", StatusEquals="InProgress")
        most = max(most, len(busy["ProcessingJobSummaries"]))
        time.sleep(0.2)
    state, jobs = airflow.run(dag, run)["state"], len(_names(made, "crash-work-")) - before
    print(f"12 jobs in a pool of three: {state}, {jobs} jobs, at most {most} at a time", flush=True)
    right = state == "success" and jobs == 12 and 1 < most <= 3
    return [] if right else [f"a pool of three let {most} jobs run, of {jobs}, and the run is {state}"]


def runs_at_once(made: World) -> list[str]:
    """50 runs at once under quotas and faults, then the same by the stock operator; returns what is wrong with ours."""
    ours = _together(made, "crash_processing")
    counts = [count(made.aws, "processing", digest_of("crash_processing", run)) for run in ours.runs]
    ours.told("ours", sum(found.created for found in counts))
    wrong = [f"{run} is {state}" for run, state in zip(ours.runs, ours.states, strict=True) if state != "success"]
    wrong += [f"{run} made {c.created} jobs" for run, c in zip(ours.runs, counts, strict=True) if c.created != 1]
    wrong += [f"{ours.held} worker slots held"] if ours.held else []
    stock = _together(made, "storm_stock")
    stock.told("stock", len(_names(made, stock.runs[0].rpartition("_")[0].replace("_", "-") + "-")))
    return wrong


@dataclass
class Together:
    """What became of runs that went at once.

    Attributes:
        runs: their ids.
        states: how they ended.
        calls: how many calls of each operation SageMaker got meanwhile.
        throttled: how many of them it throttled.
        seconds: how long all of them took.
        held: how many workers were still there ten seconds after they had deferred their task: they wait with it.
    """

    runs: list[str]
    states: list[str]
    calls: dict[str, int]
    throttled: int
    seconds: float
    held: int

    def told(self, who: str, jobs: int) -> None:
        """Print it."""
        asked, hours = sum(self.calls.values()), self.seconds / 3600
        named = ", ".join(f"{name} {number / RUNS:.1f}" for name, number in sorted(self.calls.items()))
        print(
            f"{who}: {self.states.count('success')} of {RUNS} runs succeeded in {self.seconds:.0f} s with {jobs} jobs"
        )
        print(f"    calls a job: {asked / RUNS:.1f} ({named}); a job and hour: {asked / RUNS / hours:.0f}; "
              f"{self.throttled} throttled; worker slots held by tasks that wait: {self.held}", flush=True)  # fmt: skip


def _together(made: World, dag: str) -> Together:
    airflow = made.airflow
    airflow.form(dag)
    with (
        made.admin.quotas(QUOTAS),
        made.admin.fault("throttle", service="sagemaker", probability=0.20, seed=1),
        made.admin.fault("error", service="sagemaker", probability=0.05, status=500, seed=2),
    ):
        made.admin.forget_calls()
        began, first_seen, held = time.monotonic(), dict[tuple[str, int], float](), set[tuple[str, int]]()
        runs = [f"storm_{int(time.time())}_{number}" for number in range(RUNS)]
        for run in runs:
            until("the run is triggered", lambda run=run: _triggered(made, dag, run), 300)  # type: ignore[misc]  # mypy cannot read such a lambda
        waiting = set(runs)
        while waiting and time.monotonic() < began + MOST_SECONDS:
            waiting = {run for run in waiting if airflow.run(dag, run)["state"] not in RUN_ENDED}
            time.sleep(1)
            now, there = time.monotonic(), _waiting_workers(made, dag)
            first_seen = {worker: first_seen.get(worker, now) for worker in there}
            held |= {worker for worker, since in first_seen.items() if now - since >= ENDING_SECONDS}
        seconds = time.monotonic() - began
        calls = {name.partition(":")[2]: number for name, number in made.admin.calls().items() if "sagemaker:" in name}
        throttled = sum(made.admin.throttled().values())
    return Together(runs, [airflow.run(dag, run)["state"] for run in runs], calls, throttled, seconds, len(held))


@contextmanager
def second_triggerer(made: World) -> Iterator[psutil.Process]:
    """A triggerer beside the one that the supervisor keeps alive."""
    ports = Ports(**(read_json(made.home.run / "supervisor.json") or {})["ports"])
    settings = environment.airflow_settings(made.home, ports, os.environ, schedule=False)
    settings |= environment.airflow_variable(read_json(made.home.run / "outputs.json") or {})
    with (made.home.logs / "triggerer-2.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "triggerer", "--skip-serve-logs"],
            env=settings, cwd=ROOT, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        until("both triggerers beat", lambda: _triggerers(made) >= 2)
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def _triggerers(made: World) -> int:
    jobs: dict[str, Any] = made.airflow._get("/api/v2/jobs", {"job_type": "TriggererJob", "is_alive": True})
    return len(jobs["jobs"])


def _triggered(made: World, dag: str, run: str) -> bool:
    """Trigger a run; Airflow's embedded database may be too busy to take it."""
    try:
        made.airflow.trigger(dag, run, {"seconds": SECONDS})
    except YardError:
        return False
    return True


def _done(made: World, dag: str, run: str) -> int:
    params = {"limit": 1, "state": ["success"]}
    found: int = made.airflow._get(f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances", params)["total_entries"]
    return found


def _names(made: World, part: str) -> list[str]:
    pages = made.aws.client("sagemaker").get_paginator("list_processing_jobs").paginate(NameContains=part)
    return [item["ProcessingJobName"] for page in pages for item in page["ProcessingJobSummaries"]]


def _waiting_workers(made: World, dag: str) -> set[tuple[str, int]]:
    """The runs whose task is deferred although the worker process that deferred it still lives, with that process."""
    params = {"state": ["deferred"], "limit": 100}
    found = made.airflow._get(f"/api/v2/dags/{dag}/dagRuns/~/taskInstances", params)["task_instances"]
    return {(item["dag_run_id"], item["pid"]) for item in found if item["pid"] and psutil.pid_exists(item["pid"])}


if __name__ == "__main__":
    sys.exit(main())
