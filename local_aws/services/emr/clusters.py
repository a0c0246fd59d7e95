"""Operations on clusters as a whole."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_aws.service import Call
from local_aws.services.emr import errors, releases
from local_aws.services.emr.descriptions import cluster_arn, cluster_detail, cluster_summary
from local_aws.services.emr.pages import page
from local_aws.services.emr.requests import check_concurrency, new_cluster
from local_aws.services.emr.steps import check_steps, new_steps
from local_aws.services.emr.store import LIVE, Store
from local_aws.world import World

#: Given the id of a new cluster, begins its life.
Begin = Callable[[str], None]


class Clusters:
    """RunJobFlow to TerminateJobFlows."""

    def __init__(self, world: World, store: Store, begin: Begin) -> None:
        self._world = world
        self._store = store
        self._begin = begin

    def run_job_flow(self, call: Call) -> dict[str, Any]:
        """Record the cluster with its first steps and let it start."""
        asked = call.params
        cluster = new_cluster(asked)
        steps = asked.get("Steps", [])
        check_steps(cluster, [], steps)
        with self._store.changed:
            self._store.add_cluster(cluster)
            for step in new_steps(cluster["id"], steps, asked.get("StepExecutionRoleArn")):
                self._store.add_step(step)
        self._begin(cluster["id"])
        return {"JobFlowId": cluster["id"], "ClusterArn": cluster_arn(self._world, cluster["id"])}

    def describe_cluster(self, call: Call) -> dict[str, Any]:
        """One cluster in full."""
        return {"Cluster": cluster_detail(self._world, self._store.cluster(call.params["ClusterId"]))}

    def list_clusters(self, call: Call) -> dict[str, Any]:
        """Clusters by state and time, the newest first, 50 a page."""
        asked = call.params
        states, after, before = asked.get("ClusterStates"), _utc(asked, "CreatedAfter"), _utc(asked, "CreatedBefore")
        found = [
            cluster_summary(self._world, cluster)
            for cluster in reversed(self._store.clusters())
            if (not states or cluster["state"] in states)
            and (after is None or cluster["created"] >= after)
            and (before is None or cluster["created"] <= before)
        ]
        return page("Clusters", found, asked.get("Marker"))

    def terminate_job_flows(self, call: Call) -> None:
        """Begin to end clusters. Protected ones stay, and make the call fail after the others were ended."""
        with self._store.changed:
            clusters = [self._store.job_flow(name) for name in call.params["JobFlowIds"]]
            for cluster in clusters:
                if cluster["state"] in LIVE and not cluster["protected"]:
                    reason = {"Code": "USER_REQUEST", "Message": "Terminated by user request"}
                    self._store.change_cluster(cluster["id"], state="TERMINATING", reason=reason)
            if any(cluster["protected"] and cluster["state"] in LIVE for cluster in clusters):
                raise errors.validation(errors.PROTECTED)

    def set_termination_protection(self, call: Call) -> None:
        """Protect clusters, or no longer."""
        self._set(call, "protected", call.params["TerminationProtected"])

    def set_visible_to_all_users(self, call: Call) -> None:
        """Remembered only; AWS itself has let it mean nothing since 2022."""
        self._set(call, "visible", call.params["VisibleToAllUsers"])

    def set_keep_job_flow_alive_when_no_steps(self, call: Call) -> None:
        """Let clusters wait for further steps, or end after their last one."""
        self._set(call, "keep_alive", call.params["KeepJobFlowAliveWhenNoSteps"])

    def modify_cluster(self, call: Call) -> dict[str, Any]:
        """Change how many steps run at once."""
        cluster = self._live_cluster(call.params["ClusterId"])
        level = call.params.get("StepConcurrencyLevel", cluster["concurrency"])
        check_concurrency(level)
        self._store.change_cluster(cluster["id"], concurrency=level)
        return {"StepConcurrencyLevel": level}

    def list_release_labels(self, call: Call) -> dict[str, Any]:
        """The releases that can be asked for."""
        return {"ReleaseLabels": releases.labels()}

    def describe_release_label(self, call: Call) -> dict[str, Any]:
        """What is in a release, as far as it is known here: its Spark."""
        label = call.params.get("ReleaseLabel") or releases.labels()[0]
        return {"ReleaseLabel": label, "Applications": [{"Name": "Spark", "Version": releases.spark_of(label)}]}

    def _set(self, call: Call, field: str, value: bool) -> None:
        with self._store.changed:
            clusters = [self._store.job_flow(name) for name in call.params["JobFlowIds"]]
            if any(cluster["state"] not in LIVE for cluster in clusters):
                raise errors.validation(errors.NOT_MODIFIABLE)
            for cluster in clusters:
                self._store.change_cluster(cluster["id"], **{field: value})

    def _live_cluster(self, cluster_id: str) -> dict[str, Any]:
        cluster = self._store.cluster(cluster_id)
        if cluster["state"] not in LIVE:
            raise errors.validation(errors.NOT_MODIFIABLE)
        return cluster


def _utc(asked: dict[str, Any], name: str) -> datetime | None:
    """A time of the request, which comes without a zone and means UTC."""
    time: datetime | None = asked.get(name)
    return None if time is None else time.replace(tzinfo=time.tzinfo or UTC)
