"""A model's DAG as a backfill must know it: its specification, its steps, the fields of its form."""

import os
import pickle
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from trainyard.spec import ModelSpec
from yard import environment
from yard.errors import YardError
from yard.home import Home
from yard.ports import Ports
from yard.session import Session

_SECONDS = 120


@dataclass(frozen=True)
class Pipeline:
    """What a DAG says of itself.

    :param steps: the ids of its tasks, without those of their groups.
    :param form: the names of its fields.
    """

    dag_id: str
    spec: ModelSpec
    steps: Collection[str]
    form: Collection[str]

    @property
    def trains(self) -> bool:
        """Whether it makes a model; else it scores with what is live."""
        return "train" in self.steps


def read(session: Session, dag_id: str) -> Pipeline:
    """Read a DAG's file.

    :raises YardError: when there is no such DAG, it cannot be read, or it has no partitions.
    """
    told = _describe(session.home, dag_id)
    if "error" in told:
        raise YardError(told["error"], told["remedy"] or "dags/ has one file a model.")
    return _pipeline(told)


def read_all(home: Home) -> list[Pipeline]:
    """Read every DAG of a model that there is.

    :raises YardError: when they cannot be read.
    """
    return [_pipeline(told) for told in _describe(home)]


def _pipeline(told: Mapping[str, Any]) -> Pipeline:
    steps = frozenset(task.rpartition(".")[2] for task in told["tasks"])
    return Pipeline(told["dag_id"], told["spec"], steps, frozenset(told["form"]))


def _describe(home: Home, *dag_ids: str) -> Any:
    variables = environment.airflow_settings(home, Ports(), os.environ, schedule=False)  # nothing is talked to
    argv = [sys.executable, "-m", "yard.backfill.describe", *dag_ids]
    done = subprocess.run(argv, cwd=home.root, env=variables, capture_output=True, timeout=_SECONDS)
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise YardError(f"The DAGs cannot be read: {words[-1] if words else done.returncode}.")
    return pickle.loads(done.stdout)  # noqa: S301 - from the process that was just started, and nobody else
