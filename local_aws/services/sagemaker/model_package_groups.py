"""Model package groups: one a model, its versions inside."""

from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.names import arn
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.tags import Tags
from local_aws.state import Record
from local_aws.world import World

GROUPS = "sagemaker.model_package_groups"
PACKAGES = "sagemaker.model_packages"


class ModelPackageGroups:
    """Groups, keyed by name. ``LastVersion`` counts up for ever, so that a number means one version only."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._groups = world.state.table(GROUPS)
        self._packages = world.state.table(PACKAGES)
        self._tags = Tags(world)

    def create_model_package_group(self, call: Call) -> dict[str, Any]:
        """Make a group; the stock Airflow operator relies on how the refusal of a second one begins."""
        params = dict(call.params)
        name, tags = params["ModelPackageGroupName"], params.pop("Tags", [])
        group_arn = arn(self._world, "model-package-group", name)
        with self._groups.lock:
            if name in self._groups:
                raise AwsError("ValidationException", f"Model Package Group already exists: {group_arn}")
            record: Record = {
                **params,
                "ModelPackageGroupArn": group_arn,
                "ModelPackageGroupStatus": "Completed",
                "CreationTime": now(),
                "CreatedBy": {},
                "LastVersion": 0,
            }
            self._groups.put(name, record)
        self._tags.put(group_arn, tags)
        return {"ModelPackageGroupArn": group_arn}

    def describe_model_package_group(self, call: Call) -> dict[str, Any]:
        """The group, by name or ARN."""
        return find_group(self._world, call.params["ModelPackageGroupName"])

    def list_model_package_groups(self, call: Call) -> dict[str, Any]:
        """A page of groups, oldest first."""
        key = "ModelPackageGroupSummaryList"
        return listed(key, self._groups.values(), call.params, name="ModelPackageGroupName", order="Ascending")

    def delete_model_package_group(self, call: Call) -> None:
        """Forget an empty group."""
        with self._groups.lock:
            group = find_group(self._world, call.params["ModelPackageGroupName"])
            name = group["ModelPackageGroupName"]
            held = [key for key, record in self._packages.items() if record.get("ModelPackageGroupName") == name]
            if held:
                message = "Model Package Group cannot be deleted because it still contains Model Packages"
                raise AwsError("ConflictException", f"{message}: {', '.join(held[:3])}")
            self._groups.delete(name)
            self._tags.forget(group["ModelPackageGroupArn"])


def find_group(world: World, name_or_arn: str) -> Record:
    """The record of a group.

    :raises AwsError: ``ValidationException`` when there is none.
    """
    table = world.state.table(GROUPS)
    if not name_or_arn.startswith("arn:"):
        record = table.get(name_or_arn)
    else:
        record = next((each for each in table.values() if each["ModelPackageGroupArn"] == name_or_arn), None)
    if record is None:
        raise AwsError("ValidationException", f"Model Package Group does not exist: {name_or_arn}")
    return record
