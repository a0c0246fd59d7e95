"""The last task of a run: write into the ledger how it ended, however that was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from trainyard.aws.records import begun, ledger_of
from trainyard.aws.runtime import RESOLVE, Runtime
from trainyard.fingerprints import Fingerprint
from trainyard.outcomes import SAID, Ended, outcome_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from trainyard.spec import ModelSpec

_KEPT = ("manifest", "digest", "job", "rows", "seconds")
_WAIT = "wait_for_source"
_ONE_SUFFICES = "none_failed_min_one_success"


class RecordOperator(BaseOperator):
    """Write down how the run ended: the last task, run whatever happened to the others.

    Args:
        spec: the model.
    """

    def __init__(self, *, spec: ModelSpec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec

    def execute(self, context: Context) -> dict[str, Any]:
        """Gather what the tasks left, and switch the partition's result to it when there is one."""
        runtime = Runtime(context)
        states = self._states(runtime)
        if states.get(RESOLVE) != "success":
            raise AirflowSkipException(
                "The run did not get as far as its partition: there is nothing to note it under."
            )
        tasks = {name: self._ended(runtime, name, state) for name, state in states.items()}
        outcome, reason = outcome_of(tasks)
        left = {name: task.said for name, task in tasks.items() if task.state == "success"}
        record = replace(
            begun(context, runtime.run()),
            ended_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            outcome=outcome,
            reason=reason,
            steps={name: {"state": state} | _kept(left.get(name)) for name, state in sorted(states.items())},
            **_found({name.rpartition(".")[2]: value for name, value in left.items()}),
        )
        switched = ledger_of(runtime, self.spec).end(record)
        self.log.info("Partition %s: %s. %s", record.partition, outcome, reason)
        return {"outcome": outcome, "reason": reason, "is_result": switched, "partition": record.partition}

    def _states(self, runtime: Runtime) -> dict[str, str]:
        """Return the state of every task that this one waits for; one that never began has none."""
        run_id = runtime.ti.run_id
        found: Mapping[str, Any] = runtime.ti.get_task_states(dag_id=runtime.ti.dag_id, run_ids=[run_id])
        return {name: str(state or "none") for name, state in found.get(run_id, {}).items() if self._task(name)}

    def _task(self, name: str) -> str:
        """Return the id of the task before this one whose state has this name: a mapped one's ends in its index."""
        before = self.get_flat_relative_ids(upstream=True)
        return next((task_id for task_id in (name, name.rpartition("_")[0]) if task_id in before), "")

    def _ended(self, runtime: Runtime, name: str, state: str) -> Ended:
        """Return how a task ended: what it left, and what it was skipped by."""
        task: Any = self.dag.get_task(self._task(name))
        pull = runtime.ti.xcom_pull
        said = pull(task_ids=name, key=SAID) if state == "skipped" else pull(task_ids=name)
        return Ended(
            state=state,
            said=said if isinstance(said, dict) else {},
            after=frozenset(task.upstream_task_ids),
            needs_all=str(task.trigger_rule) != _ONE_SUFFICES,
            ours=getattr(task, "python_callable", type(task)).__module__.startswith("trainyard."),
        )


def _kept(left: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: left[name] for name in _KEPT if left and left.get(name) is not None}


def _found(left: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the steps found, as fields of a record."""
    nothing: Mapping[str, Any] = {}
    source, evaluation, verdict = (left.get(name, nothing) for name in (_WAIT, "evaluate", "judge"))
    version = left.get("register") or left.get("adopt_version") or nothing
    mark = source.get("fingerprint")
    return {
        "fingerprint": Fingerprint(**mark) if mark else None,
        "loads": str(source.get("loads", "")),
        "metrics": dict(evaluation.get("challenger") or {}),
        "accepted": verdict.get("accepted"),
        "verdict": str(verdict.get("reason", "")),
        "model_package": str(version.get("model_package", "")),
        "model_version": version.get("model_version"),
        "released": "deploy" in left,
    }
