"""Operations on the steps of a cluster."""

from collections.abc import Callable
from typing import Any

from local_aws.service import Call
from local_aws.services.emr import errors
from local_aws.services.emr.descriptions import step_detail, step_summary
from local_aws.services.emr.pages import page
from local_aws.services.emr.store import ACTIVE_STEP, LIVE, Store, new_id, now
from local_aws.state import Record

_MOST_ACTIVE = 256
#: Given a cluster, a step and whether to force it, ends a running step.
Cancel = Callable[[str, str, bool], None]


def check_steps(cluster: Record, there: list[Record], wanted: list[dict[str, Any]]) -> None:
    """Whether a cluster takes these steps besides those that are there.

    :raises AwsError: ``ValidationException``.
    """
    if cluster["state"] not in LIVE:
        raise errors.validation(errors.NOT_MODIFIABLE)
    if sum(step["state"] in ACTIVE_STEP for step in there) + len(wanted) > _MOST_ACTIVE:
        raise errors.validation(errors.TOO_MANY_STEPS)
    for step in wanted:
        action = step.get("ActionOnFailure", "TERMINATE_CLUSTER")
        if cluster["concurrency"] > 1 and action != "CONTINUE":
            raise errors.validation(
                f"ActionOnFailure {action} is not valid when the StepConcurrencyLevel of the cluster is greater than 1."
            )


def new_steps(cluster_id: str, wanted: list[dict[str, Any]], role: str | None) -> list[Record]:
    """The records of new steps in state PENDING."""
    return [
        {
            "id": new_id("s-"),
            "cluster": cluster_id,
            "name": step["Name"],
            "jar": step["HadoopJarStep"],
            "action_on_failure": step.get("ActionOnFailure", "TERMINATE_CLUSTER"),
            "logs": step.get("StepMonitoringConfiguration", {}).get("S3MonitoringConfiguration", {}),
            "role": role,
            "state": "PENDING",
            "created": now(),
        }
        for step in wanted
    ]


class Steps:
    """AddJobFlowSteps to CancelSteps."""

    def __init__(self, store: Store, cancel: Cancel) -> None:
        self._store = store
        self._cancel = cancel

    def add_job_flow_steps(self, call: Call) -> dict[str, Any]:
        """Queue further steps."""
        cluster_id, wanted = call.params["JobFlowId"], call.params["Steps"]
        with self._store.changed:
            cluster = self._store.job_flow(cluster_id)
            check_steps(cluster, self._store.steps(cluster_id), wanted)
            steps = new_steps(cluster_id, wanted, call.params.get("ExecutionRoleArn"))
            for step in steps:
                self._store.add_step(step)
        return {"StepIds": [step["id"] for step in steps]}

    def describe_step(self, call: Call) -> dict[str, Any]:
        """One step in full."""
        cluster = self._store.cluster(call.params["ClusterId"])
        return {"Step": step_detail(self._store.step(cluster["id"], call.params["StepId"]))}

    def list_steps(self, call: Call) -> dict[str, Any]:
        """Steps by state or by id, the last one added first, 50 a page."""
        cluster = self._store.cluster(call.params["ClusterId"])
        states, ids = call.params.get("StepStates"), call.params.get("StepIds")
        for step_id in ids or []:
            self._store.step(cluster["id"], step_id)
        found = [
            step_summary(step)
            for step in reversed(self._store.steps(cluster["id"]))
            if (not states or step["state"] in states) and (not ids or step["id"] in ids)
        ]
        return page("Steps", found, call.params.get("Marker"))

    def cancel_steps(self, call: Call) -> dict[str, Any]:
        """Take pending steps out of the queue and end running ones, which takes a moment: ask DescribeStep."""
        cluster = self._store.cluster(call.params["ClusterId"])
        force = call.params.get("StepCancellationOption") == "TERMINATE_PROCESS"
        steps = [self._store.step(cluster["id"], step_id) for step_id in call.params["StepIds"]]
        return {"CancelStepsInfoList": [self._cancel_one(step, force) for step in steps]}

    def _cancel_one(self, step: Record, force: bool) -> dict[str, str]:
        with self._store.changed:
            state = self._store.step(step["cluster"], step["id"])["state"]
            if state == "PENDING":
                self._store.change_step(step["id"], state="CANCELLED", ended=now())
            elif state == "RUNNING":
                self._store.change_step(step["id"], state="CANCEL_PENDING")
            elif state != "CANCEL_PENDING":
                return {"StepId": step["id"], "Status": "FAILED", "Reason": f"The step is {state} already."}
        if state != "PENDING":
            self._cancel(step["cluster"], step["id"], force)
        return {"StepId": step["id"], "Status": "SUBMITTED", "Reason": ""}
