"""The life of one cluster: it comes up, works through its steps, waits, and ends; each state is recorded as it is."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from local_aws.services.emr.step_run import StepRun
from local_aws.services.emr.store import LIVE, Store, now
from local_aws.spark.launch import LocalSpark
from local_aws.state import Record
from local_aws.world import World

_READY = {"Message": "Cluster ready to run steps."}
_RUNNING = {"Message": "Running step"}
#: Why a cluster ended without error.
_PEACEFUL = ("USER_REQUEST", "ALL_STEPS_COMPLETED")


class ClusterLife:
    """Lives in a thread of its own until the cluster has ended, or :meth:`abandon` is called.

    :param spark: gives this machine's Spark, or raises what then is why the cluster cannot come up.
    :param clock: seconds that only ever grow; idle time is measured with it.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        cluster_id: str,
        spark: Callable[[], LocalSpark],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._world, self._store, self._id = world, store, cluster_id
        self._find_spark, self._clock = spark, clock
        self._runs: dict[str, StepRun] = {}
        self._idle_since: float | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._live, name=f"emr-{cluster_id}", daemon=True)

    def start(self) -> None:
        """Begin, or go on after a restart of local_aws."""
        self._thread.start()

    def cancel(self, step_id: str, *, force: bool) -> None:
        """End a running step; it becomes CANCELLED."""
        run = self._runs.get(step_id)
        if run is not None:
            threading.Thread(target=run.stop, args=("CANCELLED",), kwargs={"force": force}, daemon=True).start()

    def abandon(self) -> None:
        """Stop everything because local_aws ends. States stay as they are; the next start settles them."""
        with self._store.changed:
            self._abandoned = True
            self._store.changed.notify_all()
        for run in list(self._runs.values()):
            run.abandon()
        self._thread.join()

    def _live(self) -> None:
        spark = self._come_up()
        with self._store.changed:
            while spark is not None and not self._abandoned and self._cluster()["state"] in LIVE:
                self._start_steps(spark)
                self._store.changed.wait(self._settle())
        if not self._abandoned:
            self._shut_down()

    def _cluster(self) -> Record:
        return self._store.cluster(self._id)

    def _change(self, state: str, reason: dict[str, Any], **changes: Any) -> None:
        """Record a new state, unless the cluster is ending already: nothing leads back from that."""
        with self._store.changed:
            if self._cluster()["state"] in LIVE:
                self._store.change_cluster(self._id, state=state, reason=reason, **changes)

    def _come_up(self) -> LocalSpark | None:
        if self._world.faults.jobs.lacks_capacity("cluster", self._id):
            self._change("TERMINATING", {"Code": "INTERNAL_ERROR", "Message": "EC2 is out of capacity"})
            return None
        self._change("BOOTSTRAPPING", {})
        try:
            spark = self._find_spark()
        except (RuntimeError, OSError) as error:
            logging.warning("EMR cluster %s cannot come up: %s", self._id, error)
            self._change("TERMINATING", {"Code": "BOOTSTRAP_FAILURE", "Message": f"On the master instance: {error}"})
            return None
        if not self._cluster().get("ready"):
            self._store.change_cluster(self._id, ready=now())
        return spark

    def _start_steps(self, spark: LocalSpark) -> None:
        cluster = self._cluster()
        pending = [step for step in self._store.steps(self._id) if step["state"] == "PENDING"]
        for step in pending[: max(0, cluster["concurrency"] - len(self._runs))]:
            if self._cluster()["state"] != "RUNNING":
                self._change("RUNNING", _RUNNING)
            run = StepRun(self._world, self._store, spark, cluster, step, self._step_ended)
            self._runs[run.step_id] = run
            run.start()

    def _settle(self) -> float | None:
        """Record whether the cluster works, waits or ends; the seconds after which that must be looked at again."""
        cluster = self._cluster()
        if self._runs:
            self._idle_since = None
            return None
        if not cluster["keep_alive"]:
            failed = any(step["state"] == "FAILED" for step in self._store.steps(self._id))
            message = "Steps completed with errors" if failed else "Steps completed"
            self._change("TERMINATING", {"Code": "ALL_STEPS_COMPLETED", "Message": message})
            return 0.0
        if cluster["state"] != "WAITING":
            self._change("WAITING", _READY)
        return self._idle_left(cluster)

    def _idle_left(self, cluster: Record) -> float | None:
        if self._idle_since is None:
            self._idle_since = self._clock()
        if cluster["idle_seconds"] is None or cluster["protected"]:
            return None
        left = float(self._idle_since + cluster["idle_seconds"] - self._clock())
        if left <= 0:
            message = f"Auto-terminated: idle for {cluster['idle_seconds']} seconds"
            self._change("TERMINATING", {"Code": "ALL_STEPS_COMPLETED", "Message": message})
        return max(0.0, left)

    def _step_ended(self, step_id: str) -> None:
        """Do what the step asked for in case of its failure, and make room for the next one."""
        with self._store.changed:
            self._runs.pop(step_id, None)
            step = self._store.step(self._id, step_id)
            action = step["action_on_failure"]
            if step["state"] == "FAILED" and action != "CONTINUE":
                if action != "CANCEL_AND_WAIT" and not self._cluster()["protected"]:
                    self._change("TERMINATING", {"Code": "STEP_FAILURE", "Message": "Shut down as step failed"})
                self._cancel_pending()
            self._store.changed.notify_all()

    def _cancel_pending(self) -> None:
        for step in self._store.steps(self._id):
            if step["state"] == "PENDING":
                self._store.change_step(step["id"], state="CANCELLED", ended=now())

    def _shut_down(self) -> None:
        with self._store.changed:
            self._cancel_pending()
            runs = list(self._runs.values())
        for run in runs:
            run.stop("INTERRUPTED")
            run.join()
        if self._abandoned:
            return
        peaceful = self._cluster()["reason"].get("Code") in _PEACEFUL
        state = "TERMINATED" if peaceful else "TERMINATED_WITH_ERRORS"
        self._store.change_cluster(self._id, state=state, ended=now())
