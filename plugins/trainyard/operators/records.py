"""The last task of a run: write into the ledger how it ended, however that was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from trainyard.aws.records import UNCHANGED, begun, ledger_of
from trainyard.aws.runtime import RESOLVE, Runtime
from trainyard.fingerprints import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from trainyard.ledger import Outcome
    from trainyard.spec import ModelSpec

_KEPT = ("manifest", "digest", "job", "rows", "seconds")
_WAIT, _BUILD = "wait_for_source", "build_examples"
_BROKEN = ("failed", "upstream_failed")


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
        left = {name: self._left(runtime, name) for name, state in states.items() if state == "success"}
        outcome, reason = self._outcome(runtime, states, left)
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
        """Return the state of every other task; one that never began has none."""
        run_id = runtime.ti.run_id
        found: Mapping[str, Any] = runtime.ti.get_task_states(dag_id=runtime.ti.dag_id, run_ids=[run_id])
        return {name: str(state or "none") for name, state in found.get(run_id, {}).items() if name != self.task_id}

    def _left(self, runtime: Runtime, name: str) -> Mapping[str, Any]:
        value = runtime.ti.xcom_pull(task_ids=name)
        return value if isinstance(value, dict) else {}

    def _outcome(
        self, runtime: Runtime, states: Mapping[str, str], left: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Outcome, str]:
        if broken := sorted(name for name, state in states.items() if state == _BROKEN[0]):
            return "failed", f"failed: {', '.join(broken)}"
        if any(state in _BROKEN for state in states.values()):
            return "failed", "a task before it did not succeed"
        waited = next((name for name in states if name.rpartition(".")[2] == _WAIT), "")
        if said := waited and runtime.ti.xcom_pull(task_ids=waited, key=UNCHANGED):
            return "unchanged", str(said)
        outcomes = [value["outcome"] for value in left.values() if "outcome" in value]
        if outcomes and set(outcomes) == {"empty"}:
            return "empty", "no rows"
        if any(name.rpartition(".")[2] == _BUILD and state == "skipped" for name, state in states.items()):
            return "empty", f"nothing was built: the log of {_BUILD} says why, or that of a skipped task before it"
        return "complete", ""


def _kept(left: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: left[name] for name in _KEPT if left and left.get(name) is not None}


def _found(left: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the steps found, as fields of a record."""
    nothing: Mapping[str, Any] = {}
    source, evaluation, verdict, version = (
        left.get(name, nothing) for name in (_WAIT, "evaluate", "judge", "register")
    )
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
