"""The machines of a cluster as they were asked for. None of them exists: the steps run on this machine."""

from typing import Any

from local_aws.service import Call
from local_aws.services.emr import errors
from local_aws.services.emr.pages import page
from local_aws.services.emr.store import Store
from local_aws.state import Record


class Instances:
    """Lists of what operators and people look at."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list_instance_groups(self, call: Call) -> dict[str, Any]:
        """The groups of a cluster that has groups."""
        cluster = self._store.cluster(call.params["ClusterId"])
        if cluster["request"]["Instances"].get("InstanceFleets"):
            raise errors.invalid_request("Instance fleets and instance groups are mutually exclusive.")
        groups = [_group_detail(cluster, number, group) for number, group in enumerate(_groups(cluster))]
        return page("InstanceGroups", groups, call.params.get("Marker"))

    def list_instances(self, call: Call) -> dict[str, Any]:
        """One entry for each machine that was asked for, filtered by group and state."""
        cluster = self._store.cluster(call.params["ClusterId"])
        kinds, states = call.params.get("InstanceGroupTypes"), call.params.get("InstanceStates")
        wanted = call.params.get("InstanceGroupId")
        found = [
            instance
            for number, group in enumerate(_groups(cluster))
            if (not kinds or group["InstanceRole"] in kinds) and wanted in (None, _group_id(cluster, number))
            for instance in _instances(cluster, number, group)
            if not states or instance["Status"]["State"] in states
        ]
        return page("Instances", found, call.params.get("Marker"))

    def list_bootstrap_actions(self, call: Call) -> dict[str, Any]:
        """None: RunJobFlow refuses them."""
        self._store.cluster(call.params["ClusterId"])
        return {"BootstrapActions": []}


def _groups(cluster: Record) -> list[dict[str, Any]]:
    asked = cluster["request"]["Instances"]
    if asked.get("InstanceGroups"):
        return list(asked["InstanceGroups"])
    master = {"InstanceRole": "MASTER", "InstanceType": asked.get("MasterInstanceType", "m5.xlarge")}
    core = {"InstanceRole": "CORE", "InstanceType": asked.get("SlaveInstanceType", "m5.xlarge")}
    count = asked.get("InstanceCount", 1) - 1
    return [{**master, "InstanceCount": 1}, *([{**core, "InstanceCount": count}] if count > 0 else [])]


def _group_id(cluster: Record, number: int) -> str:
    return f"ig-{cluster['id'][2:13]}{number:02}"


def _state(cluster: Record) -> str:
    if cluster["state"] in ("STARTING", "BOOTSTRAPPING"):
        return "BOOTSTRAPPING"
    return "RUNNING" if cluster["state"] in ("RUNNING", "WAITING") else "TERMINATED"


def _group_detail(cluster: Record, number: int, group: dict[str, Any]) -> dict[str, Any]:
    state = _state(cluster)
    return {
        "Id": _group_id(cluster, number),
        "Name": group.get("Name", group["InstanceRole"].title()),
        "Market": group.get("Market", "ON_DEMAND"),
        "InstanceGroupType": group["InstanceRole"],
        "InstanceType": group["InstanceType"],
        "RequestedInstanceCount": group["InstanceCount"],
        "RunningInstanceCount": group["InstanceCount"] if state == "RUNNING" else 0,
        "Status": {"State": state, "StateChangeReason": {}, "Timeline": {"CreationDateTime": cluster["created"]}},
        "Configurations": group.get("Configurations", []),
    }


def _instances(cluster: Record, number: int, group: dict[str, Any]) -> list[dict[str, Any]]:
    status = {"State": _state(cluster), "StateChangeReason": {}, "Timeline": {"CreationDateTime": cluster["created"]}}
    return [
        {
            "Id": f"ci-{cluster['id'][2:11]}{number:02}{place:02}",
            "Ec2InstanceId": f"i-{number:08x}{place:09x}",
            "PrivateIpAddress": "127.0.0.1",
            "InstanceGroupId": _group_id(cluster, number),
            "InstanceType": group["InstanceType"],
            "Market": group.get("Market", "ON_DEMAND"),
            "Status": status,
        }
        for place in range(group["InstanceCount"])
    ]
