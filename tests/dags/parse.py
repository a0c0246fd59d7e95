"""A program: parse the DAGs twice, without a network, a database or an account's settings, and print what was found.

It runs in a process of its own, because Airflow reads its settings when it is imported, once.
"""

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
#: What takes longer to import than all of our own files, and is of use to a running task only.
HEAVY = {"aiobotocore", "boto3", "dulwich", "pandas", "requests"}


def main(home: str) -> None:
    """Print the DAGs as JSON."""
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////nowhere/at/all.db",
    }
    sys.path[:0] = [str(ROOT / "plugins"), str(ROOT / "dags")]  # as Airflow's own parsing does
    from airflow import plugins_manager
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    def forbidden(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("A DAG file used the network while it was parsed.")

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, forbidden)
    socket.getaddrinfo = forbidden
    bags = [DagBag(str(ROOT / "dags"), collect_dags=True) for _ in range(2)]
    serialized = [{name: DagSerialization.to_dict(dag) for name, dag in bag.dags.items()} for bag in bags]
    found = {
        "errors": {**bags[0].import_errors, **bags[1].import_errors},
        "same": serialized[0] == serialized[1],
        "dags": {name: described(dag) for name, dag in bags[0].dags.items()},
        "serialized": json.dumps(serialized[0], default=str),
        "heavy": sorted(HEAVY & set(sys.modules)),
        "plugins": [plugin.name for plugin in plugins_manager._get_plugins()[0]],
    }
    sys.stdout.write(json.dumps(found) + "\n")


def described(dag: Any) -> dict[str, Any]:
    """What the house rules speak of."""
    return {
        "file": Path(dag.fileloc).name,
        "doc": dag.doc_md,
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "schedule": type(dag.timetable).__name__,
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "defaults": {name: dag.params.get_param(name).value for name in dag.params},
        "descriptions": {name: dag.params.get_param(name).description for name in dag.params},
        "partitions": partitions_described(dag),
        "groups": sorted(name for name in dag.task_group.get_task_group_dict() if name),
        "tasks": {task.task_id: task_described(task) for task in dag.tasks},
    }


def partitions_described(dag: Any) -> list[dict[str, Any]]:
    """Which partitions its schedule by cron names, and which its first task knows; nothing of another schedule."""
    resolving = [task for task in dag.tasks if task.task_id == "resolve_run"]
    if type(dag.timetable).__name__ != "CronPartitionTimetable" or not resolving:
        return []
    table, calendar = dag.timetable, resolving[0].spec.calendar
    scheduled = {"cron": table.expression, "timezone": getattr(table.timezone, "name", table.timezone)}
    scheduled |= {"run_offset": table.run_offset, "key_format": table.key_format}
    known = {"cron": calendar.cron, "timezone": calendar.timezone, "run_offset": -1, "key_format": "%Y-%m-%d"}
    return [scheduled, known]


def task_described(task: Any) -> dict[str, Any]:
    """What the house rules speak of, of one task."""
    kind = getattr(task, "operator_class", type(task))  # of a mapped task, what it is mapped of
    return {
        "type": kind.__name__,
        "module": kind.__module__,
        "upstream": sorted(task.upstream_task_ids),
        "trigger_rule": task.trigger_rule.value,
        "role": "setup" if task.is_setup else "teardown" if task.is_teardown else "",
        "retries": task.retries,
        "retry_policy": type(task.retry_policy).__name__,
        "outlets": [outlet.name for outlet in task.outlets],
        "owner": task.owner,
    }


if __name__ == "__main__":
    main(sys.argv[1])
