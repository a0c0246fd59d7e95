"""The life of a cluster: each state is what is so, and it ends when, and only when, it is to end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.services.emr.cluster_life import ClusterLife
from local_aws.services.emr.requests import new_cluster
from local_aws.services.emr.store import Store
from local_aws.state import State
from tests.local_aws.emr.support import ENDED, Clusters, instances, request, shell, until
from tests.support import LocalAwsForTests


def test_a_cluster_works_through_its_steps_and_ends_by_itself(clusters: Clusters) -> None:
    cluster, steps = clusters.ran(shell("true", name="first"), shell("true", name="second"))
    assert cluster["Status"]["State"] == "TERMINATED"
    assert cluster["Status"]["StateChangeReason"] == {"Code": "ALL_STEPS_COMPLETED", "Message": "Steps completed"}
    assert [(step["Name"], step["Status"]["State"]) for step in steps] == [
        ("first", "COMPLETED"),
        ("second", "COMPLETED"),
    ]
    times = cluster["Status"]["Timeline"]
    assert times["CreationDateTime"] <= times["ReadyDateTime"] <= times["EndDateTime"]
    first, second = (step["Status"]["Timeline"] for step in steps)
    assert first["StartDateTime"] <= first["EndDateTime"] <= second["StartDateTime"] <= second["EndDateTime"]


def test_a_cluster_that_is_kept_alive_waits_for_more_and_is_ended_by_hand(clusters: Clusters) -> None:
    cluster = clusters.start()
    waiting = clusters.cluster(cluster, "WAITING")
    assert waiting["Status"]["StateChangeReason"] == {"Message": "Cluster ready to run steps."}
    assert not waiting["AutoTerminate"]
    [step] = clusters.add(cluster, shell("sleep 600"))
    clusters.step(cluster, step, "RUNNING")
    assert clusters.describe(cluster)["Status"]["State"] == "RUNNING"
    clusters.emr.cancel_steps(ClusterId=cluster, StepIds=[step], StepCancellationOption="TERMINATE_PROCESS")
    clusters.cluster(cluster, "WAITING")
    clusters.emr.terminate_job_flows(JobFlowIds=[cluster])
    clusters.emr.get_waiter("cluster_terminated").wait(ClusterId=cluster, WaiterConfig={"Delay": 1})
    reason = clusters.describe(cluster)["Status"]["StateChangeReason"]
    assert reason == {"Code": "USER_REQUEST", "Message": "Terminated by user request"}


def test_botos_waiters_see_a_cluster_come_up(clusters: Clusters) -> None:
    cluster = clusters.start()
    clusters.emr.get_waiter("cluster_running").wait(ClusterId=cluster, WaiterConfig={"Delay": 1})
    clusters.end(cluster)


def test_ending_a_cluster_ends_what_runs_on_it(clusters: Clusters) -> None:
    cluster = clusters.start(shell("sleep 600"), shell("true"))
    running, pending = (step["Id"] for step in clusters.steps(cluster))
    clusters.step(cluster, running, "RUNNING")
    clusters.end(cluster)
    assert clusters.step(cluster, running)["Status"]["State"] == "INTERRUPTED"
    assert clusters.step(cluster, pending)["Status"]["State"] == "CANCELLED"


def test_a_protected_cluster_stays_and_the_others_of_the_call_end(clusters: Clusters) -> None:
    protected, other = clusters.start(Instances=instances(TerminationProtected=True)), clusters.start()
    with pytest.raises(ClientError, match="since they are termination protected"):
        clusters.emr.terminate_job_flows(JobFlowIds=[protected, other])
    clusters.cluster(other, "TERMINATED")
    assert clusters.describe(protected)["TerminationProtected"]
    clusters.cluster(protected, "WAITING")
    clusters.emr.set_termination_protection(JobFlowIds=[protected], TerminationProtected=False)
    clusters.end(protected)


@pytest.mark.parametrize("action", ["TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW"])
def test_a_step_may_take_its_cluster_down(clusters: Clusters, action: str) -> None:
    cluster = clusters.start(shell("exit 3", action=action), shell("true"))
    ended = clusters.cluster(cluster, *ENDED)
    assert ended["Status"]["State"] == "TERMINATED_WITH_ERRORS"
    assert ended["Status"]["StateChangeReason"] == {"Code": "STEP_FAILURE", "Message": "Shut down as step failed"}
    assert [step["Status"]["State"] for step in clusters.steps(cluster)] == ["FAILED", "CANCELLED"]


def test_a_step_may_cancel_those_behind_it(clusters: Clusters) -> None:
    cluster = clusters.start(shell("exit 3", action="CANCEL_AND_WAIT"), shell("true"), shell("true"))
    clusters.cluster(cluster, "WAITING")
    assert [step["Status"]["State"] for step in clusters.steps(cluster)] == ["FAILED", "CANCELLED", "CANCELLED"]
    [later] = clusters.add(cluster, shell("true"))
    assert clusters.step(cluster, later)["Status"]["State"] == "COMPLETED"
    clusters.end(cluster)


def test_a_step_may_fail_without_consequence(clusters: Clusters) -> None:
    cluster, steps = clusters.ran(shell("exit 3", action="CONTINUE"), shell("true"))
    assert [step["Status"]["State"] for step in steps] == ["FAILED", "COMPLETED"]
    assert cluster["Status"]["State"] == "TERMINATED"
    assert cluster["Status"]["StateChangeReason"]["Message"] == "Steps completed with errors"


def test_a_protected_cluster_outlives_a_step_that_would_end_it(clusters: Clusters) -> None:
    protected = instances(TerminationProtected=True)
    cluster = clusters.start(shell("exit 3", action="TERMINATE_CLUSTER"), shell("true"), Instances=protected)
    clusters.cluster(cluster, "WAITING")
    assert [step["Status"]["State"] for step in clusters.steps(cluster)] == ["FAILED", "CANCELLED"]
    clusters.emr.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=False)
    clusters.end(cluster)


def test_steps_run_side_by_side_up_to_the_clusters_level(clusters: Clusters, tmp_path: Path) -> None:
    # Each waits for the other's file: one after the other they would wait for ever.
    meet = "touch {0}/{1}; until [ -e {0}/{2} ]; do sleep 0.05; done"
    pair = [shell(meet.format(tmp_path, mine, other)) for mine, other in (("a", "b"), ("b", "a"))]
    cluster, steps = clusters.ran(*pair, StepConcurrencyLevel=2)
    assert [step["Status"]["State"] for step in steps] == ["COMPLETED", "COMPLETED"]
    assert cluster["StepConcurrencyLevel"] == 2


def test_the_level_can_be_raised_while_steps_run(clusters: Clusters) -> None:
    cluster = clusters.start(shell("sleep 600"), shell("true"))
    _, second = (step["Id"] for step in clusters.steps(cluster))
    assert clusters.emr.modify_cluster(ClusterId=cluster, StepConcurrencyLevel=2)["StepConcurrencyLevel"] == 2
    assert clusters.step(cluster, second)["Status"]["State"] == "COMPLETED"
    clusters.end(cluster)


def test_an_idle_cluster_ends_after_its_time_and_not_before(local_aws: LocalAwsForTests, tmp_path: Path) -> None:
    clock = [0.0]
    state = State(tmp_path / "state.sqlite")
    store = Store(state)
    record = new_cluster(request(AutoTerminationPolicy={"IdleTimeout": 60}))
    store.add_cluster(record)

    def cluster_state() -> str:
        return str(store.cluster(record["id"])["state"])

    def at(seconds: float) -> None:
        with store.changed:
            clock[0] = seconds
            store.changed.notify_all()

    no_spark_needed: Any = object
    life = ClusterLife(local_aws.server.world, store, record["id"], no_spark_needed, lambda: clock[0])
    life.start()
    until(lambda: cluster_state() == "WAITING")
    at(59.5)
    assert cluster_state() == "WAITING"
    at(60.0)
    until(lambda: cluster_state() == "TERMINATED")
    assert store.cluster(record["id"])["reason"]["Message"] == "Auto-terminated: idle for 60 seconds"
    life.abandon()
    state.close()


def test_the_policy_for_idle_clusters_can_be_put_read_and_removed(clusters: Clusters) -> None:
    cluster = clusters.start(AutoTerminationPolicy={"IdleTimeout": 600})

    def policy() -> Any:
        return clusters.emr.get_auto_termination_policy(ClusterId=cluster).get("AutoTerminationPolicy")

    assert policy() == {"IdleTimeout": 600}
    clusters.emr.put_auto_termination_policy(ClusterId=cluster, AutoTerminationPolicy={"IdleTimeout": 90})
    assert policy() == {"IdleTimeout": 90}
    clusters.emr.remove_auto_termination_policy(ClusterId=cluster)
    assert policy() is None
    clusters.end(cluster)


def test_a_cluster_says_what_it_was_asked_for(clusters: Clusters) -> None:
    core = {"Name": "Core", "InstanceRole": "CORE", "InstanceType": "r5.xlarge", "InstanceCount": 2}
    groups = [*instances()["InstanceGroups"], core]
    settings = [{"Classification": "spark-defaults", "Properties": {"spark.sql.ansi.enabled": "false"}}]
    cluster = clusters.start(
        Instances=instances(InstanceGroups=groups, Ec2SubnetId="subnet-1", KeepJobFlowAliveWhenNoSteps=True),
        Configurations=settings,
        Tags=[{"Key": "model", "Value": "recommender"}],
    )
    said = clusters.cluster(cluster, "WAITING")
    assert (said["Name"], said["ReleaseLabel"]) == ("nightly", "emr-spark-8.1.0")
    assert said["LogUri"] == f"s3://{clusters.bucket}/logs/"
    assert said["Applications"] == [{"Name": "Spark", "Version": "4.1.1-amzn-0"}]
    assert said["Configurations"] == settings
    assert said["Tags"] == [{"Key": "model", "Value": "recommender"}]
    assert said["Ec2InstanceAttributes"]["IamInstanceProfile"] == "EMR_EC2_DefaultRole"
    assert said["Ec2InstanceAttributes"]["Ec2SubnetId"] == "subnet-1"
    assert said["ClusterArn"].endswith(f":cluster/{cluster}")
    listed = clusters.emr.list_instance_groups(ClusterId=cluster)["InstanceGroups"]
    assert [(group["InstanceGroupType"], group["RunningInstanceCount"]) for group in listed] == [
        ("MASTER", 1),
        ("CORE", 2),
    ]
    cores = clusters.emr.list_instances(ClusterId=cluster, InstanceGroupTypes=["CORE"])["Instances"]
    assert [instance["InstanceType"] for instance in cores] == ["r5.xlarge", "r5.xlarge"]
    assert len(clusters.emr.list_instances(ClusterId=cluster, InstanceGroupId=listed[0]["Id"])["Instances"]) == 1
    clusters.end(cluster)
    assert clusters.emr.list_instances(ClusterId=cluster, InstanceStates=["RUNNING"])["Instances"] == []


def test_tags_are_added_and_taken_off(clusters: Clusters) -> None:
    cluster = clusters.start(Tags=[{"Key": "a", "Value": "1"}])
    clusters.emr.add_tags(ResourceId=cluster, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert clusters.describe(cluster)["Tags"] == [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    clusters.emr.remove_tags(ResourceId=cluster, TagKeys=["a", "no such tag"])
    assert clusters.describe(cluster)["Tags"] == [{"Key": "b", "Value": "2"}]
    clusters.end(cluster)


def test_clusters_are_listed_by_state_and_time_the_newest_first(clusters: Clusters) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    first, second = clusters.start(Name="older"), clusters.start(Name="newer")
    clusters.end(first)
    clusters.cluster(second, "WAITING")
    pages = clusters.emr.get_paginator("list_clusters").paginate

    def ids(**wanted: Any) -> list[str]:
        return [item["Id"] for page in pages(CreatedAfter=before, **wanted) for item in page["Clusters"]]

    assert ids() == [second, first]
    assert ids(ClusterStates=["TERMINATED"]) == [first]
    assert ids(ClusterStates=["WAITING", "RUNNING"]) == [second]
    assert ids(CreatedBefore=before) == []
    clusters.end(second)


def test_releases_are_listed_with_their_spark(clusters: Clusters) -> None:
    labels = clusters.emr.list_release_labels()["ReleaseLabels"]
    assert labels[0] == "emr-spark-8.1.0"
    [spark] = clusters.emr.describe_release_label(ReleaseLabel="emr-7.9.0")["Applications"]
    assert spark == {"Name": "Spark", "Version": "3.5.5-amzn-0"}
