"""Operations on job runs."""

from collections.abc import Callable
from typing import Any

from local_aws.service import Call
from local_aws.services.emr_serverless import errors
from local_aws.services.emr_serverless.descriptions import run_arn, run_detail, run_summary
from local_aws.services.emr_serverless.pages import page
from local_aws.services.emr_serverless.run_requests import new_run
from local_aws.services.emr_serverless.store import ACTIVE, Store, now
from local_aws.state import Record
from local_aws.world import World

#: Given a run that is RUNNING and the seconds it has to clean up, ends it.
Cancel = Callable[[str, float], None]
_GRACE_SECONDS = 10


class JobRuns:
    """StartJobRun to CancelJobRun."""

    def __init__(self, world: World, store: Store, cancel: Cancel) -> None:
        self._world = world
        self._store = store
        self._cancel = cancel

    def start_job_run(self, call: Call) -> dict[str, Any]:
        """Record the run; it is scheduled as soon as its application is on and has room for it."""
        asked = call.params
        with self._store.changed:
            application = self._store.application(asked["applicationId"])

            def make() -> str:
                self._check_application(application)
                run = new_run(application, asked, call.access_key, self._world.account)
                self._store.add_run(run)
                return str(run["id"])

            run = self._store.run(application["id"], self._store.once("run", asked, make))
        return {"applicationId": run["application"], "jobRunId": run["id"], "arn": run_arn(self._world, run)}

    def get_job_run(self, call: Call) -> dict[str, Any]:
        """One run in full."""
        run = self._store.run(call.params["applicationId"], call.params["jobRunId"])
        if call.params.get("attempt", 1) != 1:
            raise errors.no_run(f"{run['id']} attempt {call.params['attempt']}")
        return {"jobRun": run_detail(self._world, run)}

    def list_job_runs(self, call: Call) -> dict[str, Any]:
        """Runs of an application by state and time, the newest first."""
        asked = call.params
        self._store.application(asked["applicationId"])
        states, after, before = asked.get("states"), asked.get("createdAtAfter"), asked.get("createdAtBefore")
        found = [
            run_summary(self._world, run)
            for run in reversed(self._store.runs(asked["applicationId"]))
            if (not states or run["state"] in states)
            and (after is None or run["created"].timestamp() >= after.timestamp())
            and (before is None or run["created"].timestamp() <= before.timestamp())
            and asked.get("mode", "BATCH") == "BATCH"
        ]
        return page("jobRuns", found, asked)

    def cancel_job_run(self, call: Call) -> dict[str, Any]:
        """Take a waiting run out of the queue, or begin to end a running one: ask GetJobRun when it is CANCELLED."""
        with self._store.changed:
            run = self._store.run(call.params["applicationId"], call.params["jobRunId"])
            if run["state"] not in ACTIVE:
                raise errors.validation(
                    f"Job run {run['id']} cannot be cancelled because it is in the state {run['state']}."
                )
            if run["state"] == "RUNNING":
                self._store.change_run(run["id"], state="CANCELLING")
            elif run["state"] != "CANCELLING":
                self._store.change_run(run["id"], state="CANCELLED", ended=now())
        if run["state"] == "RUNNING":
            self._cancel(run["id"], float(call.params.get("shutdownGracePeriodInSeconds", _GRACE_SECONDS)))
        return {"applicationId": run["application"], "jobRunId": run["id"]}

    def _check_application(self, application: Record) -> None:
        if application["state"] == "TERMINATED":
            raise errors.validation(f"Application {application['id']} is terminated. Cannot start job run.")
        auto = application["settings"]["autoStartConfiguration"]["enabled"]
        if not auto and application["state"] != "STARTED":
            raise errors.wrong_state(application["id"], ("STARTED",), application["state"])
