"""What makes applications and job runs go from one state to the next: one thread, woken by every change."""

import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta

from local_aws.services.emr_serverless import running
from local_aws.services.emr_serverless.running import RunningJob
from local_aws.services.emr_serverless.store import Store, now
from local_aws.spark.launch import LocalSpark
from local_aws.state import Record
from local_aws.world import World

#: How many runs an application takes at once when nobody says (user guide, "Job concurrency and queuing").
_MOST_RUNS = 15


class Scheduler:
    """Starts and stops applications, and starts what waits in them.

    :param spark: gives this machine's Spark, or raises what then is why an application cannot start.
    """

    def __init__(self, world: World, store: Store, spark: Callable[[], LocalSpark]) -> None:
        self._world, self._store, self._find_spark = world, store, spark
        self._live: dict[str, RunningJob] = {}
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="emr-serverless", daemon=True)

    def start(self) -> None:
        """Begin. Runs that an earlier local_aws left in the middle are run anew, under their id."""
        for run in self._store.active_runs():
            if run["state"] == "CANCELLING":
                self._store.change_run(run["id"], state="CANCELLED", ended=now())
        self._thread.start()

    def stop(self) -> None:
        """End every process. States stay as they are; the next start goes on from them."""
        with self._store.changed:
            self._stopped = True
            self._store.changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        for job in list(self._live.values()):
            job.abandon()

    def cancel(self, run_id: str, grace_seconds: float) -> None:
        """End a running job; it becomes CANCELLED."""
        job = self._live.get(run_id)
        if job is not None:
            threading.Thread(target=job.stop, args=(grace_seconds,), daemon=True).start()

    def _work(self) -> None:
        while True:
            spark, why_not = self._spark_if_wanted()
            with self._store.changed:
                if self._stopped:
                    return
                self._store.changed.wait(self._go_on(spark, why_not))

    def _spark_if_wanted(self) -> tuple[LocalSpark | None, str]:
        """This machine's Spark when something needs it. Looking for it takes a moment, so no lock is held."""
        if not self._wants_spark():
            return None, ""
        try:
            return self._find_spark(), ""
        except (RuntimeError, OSError) as error:
            logging.warning("EMR Serverless applications cannot start: %s", error)
            return None, str(error)

    def _wants_spark(self) -> bool:
        starting = any(application["state"] == "STARTING" for application in self._store.applications())
        return starting or any(run["id"] not in self._live for run in self._store.active_runs())

    def _go_on(self, spark: LocalSpark | None, why_not: str) -> float | None:
        """Take every step that can be taken now; the seconds after which to look again."""
        waits = [self._application(application, spark, why_not) for application in self._store.applications()]
        if spark is None and not why_not and self._wants_spark():
            return 0.0  # it was wanted only after it was looked for
        known = [wait for wait in waits if wait is not None]
        return max(0.0, min(known)) if known else None

    def _application(self, application: Record, spark: LocalSpark | None, why_not: str) -> float | None:
        state, id_ = application["state"], application["id"]
        runs = self._store.active_runs(id_)
        if state == "CREATING":
            self._store.change_application(id_, state="CREATED")
            return 0.0
        if state == "STOPPING":
            self._store.change_application(id_, state="STOPPED", details="")
            return 0.0
        if state in ("CREATED", "STOPPED") and runs:
            for run in runs:
                self._store.change_run(run["id"], state="PENDING")
            self._store.change_application(id_, state="STARTING", details="")
            return 0.0
        if state == "STARTING":
            return self._come_up(id_, runs, spark, why_not)
        if state != "STARTED":
            return None
        if runs:
            self._place(application, runs, spark)
            return None
        return self._idle_left(application)

    def _come_up(self, id_: str, runs: list[Record], spark: LocalSpark | None, why_not: str) -> float | None:
        if spark is not None:
            self._store.change_application(id_, state="STARTED", details="", idle_since=now())
            return 0.0
        if why_not:
            for run in runs:
                details = f"Application {id_} could not be started: {why_not}"[:256]
                self._store.change_run(run["id"], state="FAILED", details=details, ended=now())
            self._store.change_application(id_, state="STOPPED", details=why_not[:256])
        return None

    def _place(self, application: Record, runs: list[Record], spark: LocalSpark | None) -> None:
        """Start the oldest runs for which there is room, and let the others queue."""
        if application["idle_since"] is not None:
            self._store.change_application(application["id"], idle_since=None)
        asked = application["settings"].get("schedulerConfiguration", {}).get("maxConcurrentRuns", _MOST_RUNS)
        most = min(asked, len(os.sched_getaffinity(0)))
        for place, run in enumerate(runs):
            if run["id"] in self._live or spark is None:
                continue
            if place < most:
                self._launch(application, run, spark)
            elif run["state"] != "QUEUED":
                self._store.change_run(run["id"], state="QUEUED")

    def _launch(self, application: Record, run: Record, spark: LocalSpark) -> None:
        if run["state"] != "RUNNING":  # else it is run anew, after a restart of local_aws
            waited = int((now() - run["created"]).total_seconds() * 1000) if run["state"] == "QUEUED" else 0
            self._store.change_run(run["id"], state="SCHEDULED", queued_ms=waited)
            run = self._store.change_run(run["id"], state="RUNNING", started=now())
        job = RunningJob(self._world, self._store, spark, application, run, self._job_ended)
        self._live[run["id"]] = job
        job.start()

    def _job_ended(self, run_id: str) -> None:
        with self._store.changed:
            self._live.pop(run_id, None)
            self._store.changed.notify_all()

    def _idle_left(self, application: Record) -> float | None:
        """Seconds until it stops by itself; it does when none are left."""
        rule = application["settings"]["autoStopConfiguration"]
        if application["idle_since"] is None:
            self._store.change_application(application["id"], idle_since=now())
            return 0.0
        if not rule["enabled"]:
            return None
        limit = timedelta(seconds=rule["idleTimeoutMinutes"] * running.MINUTE)
        left = (application["idle_since"] + limit - now()).total_seconds()
        if left <= 0:
            details = f"Auto-stopped: idle for {rule['idleTimeoutMinutes']} minutes"
            self._store.change_application(application["id"], state="STOPPING", details=details)
            return 0.0
        return float(left)
