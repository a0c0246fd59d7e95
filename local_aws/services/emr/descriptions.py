"""How clusters and steps look in EMR's answers."""

from typing import Any

from local_aws.state import Record
from local_aws.world import World

_TIMES = {"created": "CreationDateTime", "started": "StartDateTime", "ready": "ReadyDateTime", "ended": "EndDateTime"}


def _timeline(record: Record) -> dict[str, Any]:
    return {name: record[key] for key, name in _TIMES.items() if record.get(key)}


def cluster_arn(world: World, cluster_id: str) -> str:
    """The ARN of a cluster."""
    return world.arn("elasticmapreduce", f"cluster/{cluster_id}")


def cluster_summary(world: World, cluster: Record) -> dict[str, Any]:
    """As ListClusters has it."""
    status = {"State": cluster["state"], "StateChangeReason": cluster["reason"], "Timeline": _timeline(cluster)}
    return {
        "Id": cluster["id"],
        "Name": cluster["name"],
        "Status": status,
        "NormalizedInstanceHours": 0,
        "ClusterArn": cluster_arn(world, cluster["id"]),
    }


def cluster_detail(world: World, cluster: Record) -> dict[str, Any]:
    """As DescribeCluster has it."""
    asked = cluster["request"]
    handed_on = (
        "LogUri", "LogEncryptionKmsKeyId", "ReleaseLabel", "ServiceRole", "Configurations", "SecurityConfiguration",
        "AutoScalingRole", "CustomAmiId", "EbsRootVolumeSize", "RepoUpgradeOnBoot", "OSReleaseLabel",
    )  # fmt: skip
    return {
        **cluster_summary(world, cluster),
        **{name: asked[name] for name in handed_on if name in asked},
        "Ec2InstanceAttributes": _ec2_attributes(asked),
        "InstanceCollectionType": "INSTANCE_FLEET" if asked["Instances"].get("InstanceFleets") else "INSTANCE_GROUP",
        "AutoTerminate": not cluster["keep_alive"],
        "TerminationProtected": cluster["protected"],
        "VisibleToAllUsers": cluster["visible"],
        "Applications": cluster["applications"],
        "Tags": tags(cluster),
        "ScaleDownBehavior": asked.get("ScaleDownBehavior", "TERMINATE_AT_TASK_COMPLETION"),
        "StepConcurrencyLevel": cluster["concurrency"],
        "MasterPublicDnsName": "localhost",
    }


def _ec2_attributes(asked: dict[str, Any]) -> dict[str, Any]:
    instances = asked["Instances"]
    attributes = {"IamInstanceProfile": asked["JobFlowRole"]}
    for name in ("Ec2KeyName", "Ec2SubnetId", "EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup"):
        if name in instances:
            attributes[name] = instances[name]
    return attributes


def tags(cluster: Record) -> list[dict[str, str]]:
    """A cluster's tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted(cluster["tags"].items())]


def step_summary(step: Record) -> dict[str, Any]:
    """As ListSteps has it."""
    status = {"State": step["state"], "StateChangeReason": {}, "Timeline": _timeline(step)}
    if step.get("failure"):
        status["FailureDetails"] = step["failure"]
    jar = step["jar"]
    return {
        "Id": step["id"],
        "Name": step["name"],
        "Config": {
            "Jar": jar["Jar"],
            "Properties": {item["Key"]: item.get("Value", "") for item in jar.get("Properties", [])},
            "Args": jar.get("Args", []),
            **({"MainClass": jar["MainClass"]} if "MainClass" in jar else {}),
        },
        "ActionOnFailure": step["action_on_failure"],
        "Status": status,
    }


def step_detail(step: Record) -> dict[str, Any]:
    """As DescribeStep has it."""
    return {**step_summary(step), **({"ExecutionRoleArn": step["role"]} if step["role"] else {})}
