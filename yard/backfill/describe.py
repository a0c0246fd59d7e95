"""``python -m yard.backfill.describe [DAG]``: what a DAG, or each one, says of itself: yard does not import Airflow.

It is a process of its own: reading a DAG file needs Airflow, and takes it seconds. What it finds goes to standard
output as a pickle; ``pipeline`` reads it.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

#: How the first task of a model's DAG is called; it knows the model's specification.
_RESOLVE = "resolve_run"


def describe(dag_id: str) -> dict[str, Any]:
    """The specification of the DAG's model, the ids of its tasks and its trigger form; ``error`` when there is none."""
    from airflow.dag_processing.dagbag import DagBag  # seconds
    from airflow.settings import DAGS_FOLDER

    sys.path.append(DAGS_FOLDER)
    folder = Path(DAGS_FOLDER)
    named = [path for path in folder.glob("*.py") if dag_id in path.read_text(encoding="utf-8")]
    errors: dict[str, str] = {}
    for place in (*named, folder):  # an id may be generated, and a file lie in a folder below
        bag = DagBag(place, load_op_links=False)
        errors |= bag.import_errors
        if dag := bag.dags.get(dag_id):
            return _told(dag)
    reasons = {Path(file).name: text.strip().rpartition("\n")[2] for file, text in sorted(errors.items())}
    told = "\n  ".join(f"{file}: {reason}" for file, reason in reasons.items())
    return {"error": f"There is no DAG {dag_id}.", "remedy": told}


def describe_all() -> list[dict[str, Any]]:
    """What ``describe`` finds, for every DAG of a model that there is."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.settings import DAGS_FOLDER

    sys.path.append(DAGS_FOLDER)
    bag = DagBag(DAGS_FOLDER, load_op_links=False)
    return [_told(dag) for _, dag in sorted(bag.dags.items()) if _RESOLVE in dag.task_ids]


def _told(dag: Any) -> dict[str, Any]:
    if _RESOLVE not in dag.task_ids:
        return {"error": f"{dag.dag_id} has no partitions: there is nothing to backfill.", "remedy": ""}
    return {
        "dag_id": dag.dag_id,
        "spec": dag.get_task(_RESOLVE).spec,
        "tasks": tuple(dag.task_ids),
        "form": tuple(dag.params),
    }


def main() -> None:
    """Describe the DAG that the command line names."""
    output, sys.stdout = sys.stdout, sys.stderr  # what Airflow prints is no part of the answer
    told = describe(sys.argv[1]) if sys.argv[1:] else describe_all()
    output.buffer.write(pickle.dumps(told))


if __name__ == "__main__":
    main()
