"""A program: run a DAG with ``dag.test()``, once per line of its input, and print what became of each task.

It runs in a process of its own, because Airflow reads its settings when it is imported, once. Deferral is real: each
trigger runs, in line; what is not there is the scheduler and its retries. So there is no deferral that must settle, and
nothing else in this process to be idle for.
"""

import functools
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


def main(dag_id: str) -> None:
    """Run the DAG for each trigger form on standard input; answer each with one line of JSON."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else writes to standard output is a log
    from airflow.dag_processing.dagbag import DagBag

    from trainyard.triggers import base

    base.SETTLE_SECONDS = 0.0
    time.sleep = functools.partial(_nap, time.sleep)
    for line in sys.stdin:
        dag = DagBag().dags[dag_id]  # anew: a run keeps its form in the DAG's parameters (seen in 3.3.2)
        run = dag.test(run_conf=json.loads(line))
        answers.write(json.dumps(told(run)) + "\n")
        answers.flush()


def _nap(sleep: Callable[[float], None], seconds: float) -> None:
    """``dag.test()`` sleeps for a second whenever a task is skipped or has failed before those that wait for it."""
    sleep(min(seconds, 0.05))


def told(run: Any) -> dict[str, Any]:
    """Each task's state, and what it returned."""
    tasks = {
        ti.task_id: {"state": str(ti.state), "result": ti.xcom_pull(task_ids=ti.task_id)}
        for ti in run.get_task_instances()
    }
    return {"state": str(run.state), "tasks": tasks}


if __name__ == "__main__":
    main(sys.argv[1])
