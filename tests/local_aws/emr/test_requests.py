"""What EMR refuses, and how it says so."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.emr.support import Clusters, instances, request, shell

GROUP = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
CORE = {**GROUP, "InstanceRole": "CORE"}


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    """The code and the message with which a call fails."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ReleaseLabel": "emr-9.9.9"}, "The supplied release label is invalid: emr-9.9.9."),
        ({"ReleaseLabel": "emr-8.1.0"}, "The supplied release label is invalid: emr-8.1.0."),
        ({"ReleaseLabel": None}, "Must specify exactly one of the following: release label"),
        ({"ServiceRole": None}, "ServiceRole is required for creating cluster."),
        ({"JobFlowRole": None}, "InstanceProfile is required for creating cluster."),
        ({"Instances": {}}, "Please configure instances using one and only one of the following"),
        ({"Instances": instances(MasterInstanceType="m5.xlarge")}, "Please configure instances using one and only one"),
        ({"Instances": {"InstanceGroups": [CORE]}}, "Zero master instance groups supplied"),
        ({"Instances": {"InstanceGroups": [GROUP, GROUP]}}, "Multiple master instance groups supplied"),
        ({"Instances": {"InstanceGroups": [GROUP, {**CORE, "InstanceRole": "TASK"}]}}, "must also define core nodes"),
        ({"Instances": {"InstanceGroups": [GROUP, {**CORE, "InstanceCount": 0}]}}, "must have at least one instance"),
        ({"Instances": instances(Ec2SubnetIds=["subnet-1", "subnet-2"])}, "Only one subnet may be specified"),
        ({"AutoTerminationPolicy": {"IdleTimeout": 59}}, "between 60 and 604800 seconds"),
        ({"StepConcurrencyLevel": 257}, "StepConcurrencyLevel must be between 1 and 256"),
        (
            {"StepConcurrencyLevel": 2, "Steps": [shell("true", action="CANCEL_AND_WAIT")]},
            "CANCEL_AND_WAIT is not valid",
        ),
        ({"Steps": [shell("true")] * 257}, "Maximum number of active steps"),
    ],
)
def test_a_cluster_that_emr_would_not_start(clusters: Clusters, changes: dict[str, Any], message: str) -> None:
    code, said = refusal(clusters.emr.run_job_flow, **request(**changes))
    assert code == "ValidationException"
    assert message in said


@pytest.mark.parametrize(
    "changes",
    [
        {"BootstrapActions": [{"Name": "a", "ScriptBootstrapAction": {"Path": "s3://b/a.sh"}}]},
        {"KerberosAttributes": {"Realm": "EC2.INTERNAL", "KdcAdminPassword": "x"}},
        {"MonitoringConfiguration": {"CloudWatchLogConfiguration": {"Enabled": True}}},
    ],
)
def test_what_would_silently_come_to_nothing_is_refused(clusters: Clusters, changes: dict[str, Any]) -> None:
    code, said = refusal(clusters.emr.run_job_flow, **request(**changes))
    assert code == "NotImplemented"
    assert next(iter(changes)) in said


def test_a_cluster_that_is_not_there(clusters: Clusters) -> None:
    emr, name = clusters.emr, "j-NOTHERE000000"
    new = ("InvalidRequestException", f"Cluster id '{name}' is not valid.")
    assert refusal(emr.describe_cluster, ClusterId=name) == new
    assert refusal(emr.list_steps, ClusterId=name) == new
    assert refusal(emr.describe_step, ClusterId=name, StepId="s-1") == new
    assert refusal(emr.cancel_steps, ClusterId=name, StepIds=["s-1"]) == new
    assert refusal(emr.add_tags, ResourceId=name, Tags=[]) == new
    old = ("ValidationException", "Specified job flow ID not valid.")
    assert refusal(emr.terminate_job_flows, JobFlowIds=[name]) == old
    assert refusal(emr.add_job_flow_steps, JobFlowId=name, Steps=[shell("true")]) == old
    assert refusal(emr.set_termination_protection, JobFlowIds=[name], TerminationProtected=True) == old


def test_a_step_of_another_cluster_is_not_there(clusters: Clusters) -> None:
    _, [step] = clusters.ran(shell("true"))
    other, _ = clusters.ran()
    gone = ("InvalidRequestException", f"Step id '{step['Id']}' is not valid.")
    assert refusal(clusters.emr.describe_step, ClusterId=other["Id"], StepId=step["Id"]) == gone
    assert refusal(clusters.emr.list_steps, ClusterId=other["Id"], StepIds=[step["Id"]]) == gone


def test_nothing_changes_on_a_cluster_that_has_ended(clusters: Clusters) -> None:
    ended, _ = clusters.ran()
    shut = ("ValidationException", "A job flow that is shutting down, terminated, or finished may not be modified.")
    emr, name = clusters.emr, ended["Id"]
    assert refusal(emr.add_job_flow_steps, JobFlowId=name, Steps=[shell("true")]) == shut
    assert refusal(emr.modify_cluster, ClusterId=name, StepConcurrencyLevel=2) == shut
    assert refusal(emr.set_termination_protection, JobFlowIds=[name], TerminationProtected=True) == shut
    assert refusal(emr.put_auto_termination_policy, ClusterId=name, AutoTerminationPolicy={}) == shut
    assert refusal(emr.add_tags, ResourceId=name, Tags=[{"Key": "a"}])[0] == "InvalidRequestException"
    emr.terminate_job_flows(JobFlowIds=[name])  # as on AWS, ending what has ended is no mistake
    assert clusters.describe(name) == ended


def test_an_operation_that_is_not_here_says_its_name(clusters: Clusters) -> None:
    code, said = refusal(
        clusters.emr.create_studio_session_mapping, StudioId="a", IdentityType="USER", SessionPolicyArn="b"
    )
    assert (code, "CreateStudioSessionMapping" in said) == ("NotImplemented", True)
