"""End an EMR cluster, and do not call it done before it has ended: a cluster that goes on is a bill that goes on."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from trainyard.aws.calls import call
from trainyard.aws.runtime import Runtime
from trainyard.catalog import CLUSTER_END
from trainyard.errors import JobLost
from trainyard.kinds import State
from trainyard.triggers.job import JobTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

_TIME_LIMIT = timedelta(minutes=30)


class EndClusterOperator(BaseOperator):
    """Terminate a cluster. One that has ended already needs nothing done.

    Args:
        cluster: what the task that started it returned. (templated)
    """

    template_fields: Sequence[str] = ("cluster",)

    def __init__(self, *, cluster: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cluster = cluster

    def execute(self, context: Context) -> dict[str, Any]:
        """Terminate the cluster and wait in the triggerer until it has ended."""
        runtime, ref = Runtime(context), {"ClusterId": self.cluster["cluster_id"]}
        client = runtime.aws.client("emr")
        if CLUSTER_END.state(call(client, "describe_cluster", ref["ClusterId"], **ref)) is State.SUCCEEDED:
            return self.cluster_ended()
        call(client, "terminate_job_flows", ref["ClusterId"], JobFlowIds=[ref["ClusterId"]])
        trigger = JobTrigger(
            kind=CLUSTER_END.key,
            ref=ref,
            region=runtime.aws.region,
            connection=runtime.aws.connection,
            poll_seconds=runtime.settings.poll_seconds,
            deadline=time.time() + _TIME_LIMIT.total_seconds(),
        )
        self.defer(trigger=trigger, method_name="finish", timeout=2 * _TIME_LIMIT)

    def finish(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Require that the cluster has ended."""
        del context
        if event["outcome"] != "ended":
            reason = event.get("reason") or f"it is still {event.get('status')}"
            about = self.cluster["cluster_id"]
            raise JobLost(service="emr", call="TerminateJobFlows", about=about, reason=reason,
                          remedy="The cluster may still cost money: look at it in the EMR console.")  # fmt: skip
        return self.cluster_ended()

    def cluster_ended(self) -> dict[str, Any]:
        """Return which cluster has ended."""
        return {"cluster_id": self.cluster["cluster_id"]}
