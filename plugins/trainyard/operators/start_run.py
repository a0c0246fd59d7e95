"""Start a run of another DAG because of an event: once for each, and not more often than a cool-down allows.

What was started last is noted in one object of the bucket, written on condition that nobody has written it since it was
read: of tasks that decide at the same time, one goes on, and the others see its note. The note names the run *before*
it is started, by an id computed from the event's own run, so that a task whose worker dies in between starts just that
run when it is tried again, and never a second one. If it is not tried again, the noted run does not exist, and the next
event does not wait for it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException, DagRunTriggerException

from trainyard.aws.calls import Absent, Exists
from trainyard.aws.runtime import Runtime
from trainyard.errors import CallUnavailable

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.aws.objects import Objects
    from trainyard.spec import ModelSpec

_TRIES = 20  # each lost race means that another event was answered in that moment
_ALIVE = ["queued", "running"]
_GRACE = timedelta(minutes=5)  # between the note and the start lie milliseconds, or the death of a worker


class StartRunOperator(BaseOperator):
    """Start a run of another DAG, for the newest partition.

    Args:
        spec: the model that the event is about.
        starts: the DAG.
        single_flight: whether an event is answered with a skip while a run of that DAG waits or runs.
        cool_down: how long after a start further events are answered with a skip.
    """

    def __init__(
        self, *, spec: ModelSpec, starts: str, single_flight: bool, cool_down: timedelta, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.starts = starts
        self.single_flight = single_flight
        self.cool_down = cool_down

    def execute(self, context: Context) -> None:
        """Start the run, or say why not.

        Raises:
            AirflowSkipException: while such a run is under way, or the cool-down has not passed.
            CallUnavailable: when other events won every race.
        """
        runtime, now = Runtime(context), datetime.now(UTC)
        run_id = f"{self.dag_id}__{runtime.ti.run_id}"
        if not self._exists(runtime, run_id):
            self._claim(runtime, run_id, now)
            told = {"dag_id": self.starts, "run_id": run_id}
            runtime.ti.xcom_push(key="started", value=told)
            self._start(run_id)
        self.log.info("%s was started by a former try of this task.", run_id)

    def _claim(self, runtime: Runtime, run_id: str, now: datetime) -> None:
        """Note that this run is the one to start, unless another one keeps it from being started."""
        objects, uri = runtime.objects, self._uri(runtime)
        for _ in range(_TRIES):
            found = objects.read_tagged(uri)
            noted = json.loads(found[0]) if found else {}
            if noted.get("run_id") != run_id and (reason := self._reason(runtime, noted, now)):
                runtime.ti.xcom_push(key="outcome", value={"outcome": "not started", "reason": reason})
                raise AirflowSkipException(reason)
            note = {"run_id": run_id, "dag_id": self.starts, "at": now.isoformat(timespec="seconds")}
            if self._write(objects, uri, note, found[1] if found else ""):
                return
        raise CallUnavailable(
            service="s3", call="PutObject", about=uri, reason=f"other events switched it {_TRIES} times meanwhile"
        )

    def _write(self, objects: Objects, uri: str, note: dict[str, str], replaces: str) -> bool:
        try:
            objects.write(uri, json.dumps(note).encode(), "application/json", replaces=replaces)
        except (Exists, Absent):  # written, or deleted, since it was read
            return False
        return True

    def _reason(self, runtime: Runtime, noted: dict[str, str], now: datetime) -> str:
        """Return why no run is started now; empty when one is."""
        if self.single_flight and (alive := runtime.ti.get_dr_count(dag_id=self.starts, states=_ALIVE)):
            return f"{alive} run(s) of {self.starts} are waiting or running already: this event needs no other."
        if not noted:
            return ""
        at = datetime.fromisoformat(noted["at"])
        ends = at + self.cool_down
        if now >= ends or (now >= at + _GRACE and not self._exists(runtime, noted["run_id"])):
            return ""
        return (
            f"{self.starts} was started at {noted['at']} ({noted['run_id']}), and the cool-down of {self.cool_down} "
            f"lasts until {ends.isoformat(timespec='seconds')}. To have it sooner, trigger {self.starts} by hand."
        )

    def _exists(self, runtime: Runtime, run_id: str) -> bool:
        return bool(runtime.ti.get_dr_count(dag_id=self.starts, run_ids=[run_id]))

    def _uri(self, runtime: Runtime) -> str:
        return f"s3://{runtime.settings.bucket}/{self.spec.name}/started/{self.dag_id}.json"

    def _start(self, run_id: str) -> None:
        raise DagRunTriggerException(
            trigger_dag_id=self.starts,
            dag_run_id=run_id,
            conf={},
            logical_date=None,
            reset_dag_run=False,
            skip_when_already_exists=False,
            wait_for_completion=False,
            allowed_states=[],
            failed_states=[],
            poke_interval=0,
            deferrable=False,
            note=f"Started by {self.dag_id}.",
        )
