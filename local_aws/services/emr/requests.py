"""Checking RunJobFlow as EMR does, beyond what its service model says, and making the cluster's record of it."""

from typing import Any

from local_aws.services.emr import errors, releases
from local_aws.services.emr.store import new_id, now
from local_aws.state import Record

_ROLES = ("MASTER", "CORE", "TASK")
_IDLE_SECONDS = 3600  # what AWS takes for a policy that names no time
_SIMPLE = ("MasterInstanceType", "SlaveInstanceType", "InstanceCount")


def new_cluster(asked: dict[str, Any]) -> Record:
    """The record of a new cluster in state STARTING.

    :raises AwsError: ``ValidationException`` as AWS words it; 501 for what would silently come to nothing.
    """
    for name, what in (("ServiceRole", "ServiceRole"), ("JobFlowRole", "InstanceProfile")):
        if not asked.get(name):
            raise errors.validation(f"{what} is required for creating cluster.")
    if not asked.get("ReleaseLabel"):
        raise errors.validation(
            "Must specify exactly one of the following: release label, AMI version, or Hadoop version."
        )
    spark = releases.spark_of(asked["ReleaseLabel"])
    _refuse_what_is_missing(asked)
    _check_instances(asked["Instances"])
    concurrency = asked.get("StepConcurrencyLevel", 1)
    check_concurrency(concurrency)
    names = [application["Name"] for application in asked.get("Applications", [])]
    return {
        "id": new_id("j-"),
        "name": asked["Name"],
        "state": "STARTING",
        "reason": {},
        "created": now(),
        "request": {name: value for name, value in asked.items() if name != "Steps"},
        "applications": [{"Name": name, **({"Version": spark} if name == "Spark" else {})} for name in names],
        "keep_alive": asked["Instances"].get("KeepJobFlowAliveWhenNoSteps", False),
        "protected": asked["Instances"].get("TerminationProtected", False),
        "visible": asked.get("VisibleToAllUsers", True),
        "concurrency": concurrency,
        "idle_seconds": idle_seconds(asked.get("AutoTerminationPolicy")),
        "tags": {tag["Key"]: tag.get("Value", "") for tag in asked.get("Tags", [])},
    }


def has_spark(cluster: Record) -> bool:
    """Whether Spark was asked for: without it, a real cluster has no ``spark-submit``."""
    return any(application["Name"].lower() == "spark" for application in cluster["applications"])


def idle_seconds(policy: dict[str, Any] | None) -> int | None:
    """After how long a waiting cluster ends by itself; None if it never does.

    :raises AwsError: ``ValidationException`` outside of a minute to a week.
    """
    if policy is None:
        return None
    seconds = int(policy.get("IdleTimeout", _IDLE_SECONDS))
    if not 60 <= seconds <= 604800:
        raise errors.validation("Idle timeout must be between 60 and 604800 seconds.")
    return seconds


def check_concurrency(level: int) -> None:
    """How many steps may run at once: 1 to 256.

    :raises AwsError: ``ValidationException``.
    """
    if not 1 <= level <= 256:
        raise errors.validation("StepConcurrencyLevel must be between 1 and 256.")


def _refuse_what_is_missing(asked: dict[str, Any]) -> None:
    if asked.get("BootstrapActions"):
        raise errors.not_here("BootstrapActions (they change a machine, and this one is yours)")
    if asked.get("KerberosAttributes"):
        raise errors.not_here("KerberosAttributes")
    if asked.get("MonitoringConfiguration", {}).get("CloudWatchLogConfiguration", {}).get("Enabled"):
        raise errors.not_here("MonitoringConfiguration.CloudWatchLogConfiguration (logs go to LogUri)")


def _check_instances(instances: dict[str, Any]) -> None:
    ways = [name for name in ("InstanceFleets", "InstanceGroups") if instances.get(name)]
    ways += ["simple"] if any(name in instances for name in _SIMPLE) else []
    if len(ways) != 1:
        raise errors.validation(
            "Please configure instances using one and only one of the following: instance groups; instance fleets; "
            "instance count, master and slave instance type."
        )
    if len(instances.get("Ec2SubnetIds", [])) > 1 and ways != ["InstanceFleets"]:
        raise errors.validation(
            "Only one subnet may be specified for clusters configured with instance groups or instance count, master "
            "and slave instance type. Revise the configuration and resubmit."
        )
    if ways == ["InstanceGroups"]:
        _check_groups(instances["InstanceGroups"])


def _check_groups(groups: list[dict[str, Any]]) -> None:
    roles = [group["InstanceRole"] for group in groups]
    for role in _ROLES[:2]:
        if roles.count(role) > 1:
            kind = role.lower()
            raise errors.validation(
                f"Multiple {kind} instance groups supplied, you must specify exactly one {kind} instance group"
            )
    if "MASTER" not in roles:
        raise errors.validation(
            "Zero master instance groups supplied, you must specify exactly one master instance group"
        )
    if "TASK" in roles and "CORE" not in roles:
        raise errors.validation("Clusters with task nodes must also define core nodes.")
    if any(group["InstanceCount"] < 1 for group in groups):
        raise errors.validation("An instance group must have at least one instance")
