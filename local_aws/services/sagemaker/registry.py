"""The model registry: groups, and in them versions that are described, approved and deployed."""

import hashlib
import json
from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.model_package_groups import GROUPS, PACKAGES, find_group
from local_aws.services.sagemaker.model_sources import model_data_uri, require_model_data
from local_aws.services.sagemaker.names import arn
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.tags import Tags
from local_aws.state import Record
from local_aws.world import World

_TOKENS = "sagemaker.model_package_tokens"
#: Parameters that say what to do; all others are said about the package, and kept.
_INSTRUCTIONS = {
    "AdditionalInferenceSpecificationsToAdd",
    "ClientToken",
    "CustomerMetadataPropertiesToRemove",
    "ModelPackageArn",
    "ModelPackageGroupName",
    "ModelPackageName",
    "Tags",
}


class ModelPackages:
    """Versions of models. Their records are keyed by ARN, in the shape of DescribeModelPackage."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._groups = world.state.table(GROUPS)
        self._packages = world.state.table(PACKAGES)
        self._tokens = world.state.table(_TOKENS)
        self._tags = Tags(world)

    def create_model_package(self, call: Call) -> dict[str, Any]:
        """Register the next version in a group, or a package of its own name.

        Numbers are never given twice, also after a deletion. A repeated ClientToken answers with the first ARN.
        """
        params = call.params
        self._check(params)
        with self._packages.lock:
            repeated = self._repeated(params)
            if repeated:
                return {"ModelPackageArn": repeated}
            record: Record = {
                **_said(params),
                **self._identity(params),
                "CreationTime": now(),
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            }
            if "ModelPackageVersion" in record:
                record.setdefault("ModelApprovalStatus", "PendingManualApproval")
            self._add_etags(record)
            self._packages.put(record["ModelPackageArn"], record)
            self._remember_token(params, record["ModelPackageArn"])
        self._tags.put(record["ModelPackageArn"], params.get("Tags"))
        return {"ModelPackageArn": record["ModelPackageArn"]}

    def describe_model_package(self, call: Call) -> dict[str, Any]:
        """A package by its ARN, or by name where it has no group."""
        return find_package(self._world, call.params["ModelPackageName"])

    def list_model_packages(self, call: Call) -> dict[str, Any]:
        """A page of a group's versions, or of the packages without a group; oldest first."""
        params = call.params
        group = None
        if "ModelPackageGroupName" in params:
            group = find_group(self._world, params["ModelPackageGroupName"])["ModelPackageGroupName"]
        kind = params.get("ModelPackageType", "Versioned" if group else "Unversioned")
        records = [record for record in self._packages.values() if _wanted(record, params, group, kind)]
        answer = listed("ModelPackageSummaryList", records, params, name="ModelPackageName", order="Ascending")
        for record in answer["ModelPackageSummaryList"]:
            # AWS leaves the name out for versions, which only their ARN identifies.
            if "ModelPackageVersion" in record:
                del record["ModelPackageName"]
        return answer

    def update_model_package(self, call: Call) -> dict[str, Any]:
        """Approve or reject a version, or change what is said about it."""
        params = call.params
        with self._packages.lock:
            record = find_package(self._world, params["ModelPackageArn"])
            metadata = {**record.get("CustomerMetadataProperties", {}), **params.get("CustomerMetadataProperties", {})}
            removed = params.get("CustomerMetadataPropertiesToRemove", [])
            specifications = record.get("AdditionalInferenceSpecifications", [])
            record |= _said(params)
            record |= {
                "CustomerMetadataProperties": {key: metadata[key] for key in metadata if key not in removed},
                "AdditionalInferenceSpecifications": [
                    *specifications,
                    *params.get("AdditionalInferenceSpecificationsToAdd", []),
                ],
                "LastModifiedTime": now(),
            }
            self._packages.put(record["ModelPackageArn"], record)
        return {"ModelPackageArn": record["ModelPackageArn"]}

    def delete_model_package(self, call: Call) -> None:
        """Forget a version; its number stays used and its artifacts stay where they are."""
        with self._packages.lock:
            package_arn = find_package(self._world, call.params["ModelPackageName"])["ModelPackageArn"]
            self._packages.delete(package_arn)
            self._tags.forget(package_arn)

    def batch_describe_model_package(self, call: Call) -> dict[str, Any]:
        """Several packages at once; those that are missing are named in the error map."""
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for package_arn in call.params["ModelPackageArnList"]:
            record = self._packages.get(package_arn)
            if record is None:
                message = f"ModelPackage {package_arn} does not exist."
                errors[package_arn] = {"ErrorCode": "ValidationException", "ErrorResponse": message}
            else:
                found[package_arn] = record
        return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}

    def _check(self, params: dict[str, Any]) -> None:
        name, group = params.get("ModelPackageName"), params.get("ModelPackageGroupName")
        if name and group:
            both = "Both ModelPackageName and ModelPackageGroupName are provided in the input."
            raise AwsError("ValidationException", f"{both} Cannot determine which one to use.")
        if not name and not group:
            raise AwsError("ValidationException", "Missing ARN.")
        for container in params.get("InferenceSpecification", {}).get("Containers", []):
            uri = model_data_uri(container)
            if uri:
                require_model_data(self._world.objects, uri)

    def _identity(self, params: dict[str, Any]) -> Record:
        if "ModelPackageName" in params:
            name = params["ModelPackageName"]
            package_arn = arn(self._world, "model-package", name)
            if package_arn in self._packages:
                raise AwsError("ValidationException", f"Model Package already exists: {package_arn}")
            return {"ModelPackageName": name, "ModelPackageArn": package_arn}
        with self._groups.lock:
            group = find_group(self._world, params["ModelPackageGroupName"])
            name, version = group["ModelPackageGroupName"], group["LastVersion"] + 1
            self._groups.put(name, {**group, "LastVersion": version})
        return {
            "ModelPackageName": name,
            "ModelPackageGroupName": name,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn(self._world, "model-package", f"{name}/{version}"),
        }

    def _add_etags(self, record: Record) -> None:
        """Note which bytes were registered, as SageMaker does."""
        for container in record.get("InferenceSpecification", {}).get("Containers", []):
            uri = container.get("ModelDataUrl", "")
            if uri and not uri.endswith("/"):
                container.setdefault("ModelDataETag", self._world.objects.info(uri).etag)

    def _repeated(self, params: dict[str, Any]) -> str | None:
        known = self._tokens.get(params.get("ClientToken", ""))
        if known is None:
            return None
        if known["Digest"] != _digest(params):
            raise AwsError("ConflictException", "ClientToken was used before, in a request with other parameters.")
        return str(known["ModelPackageArn"])

    def _remember_token(self, params: dict[str, Any], package_arn: str) -> None:
        if "ClientToken" in params:
            self._tokens.put(params["ClientToken"], {"ModelPackageArn": package_arn, "Digest": _digest(params)})


def find_package(world: World, name: str) -> Record:
    """A package by ARN, by ``group/version`` or, without a group, by name.

    :raises AwsError: ``ValidationException`` when there is none.
    """
    package_arn = name if name.startswith("arn:") else arn(world, "model-package", name)
    record = world.state.table(PACKAGES).get(package_arn)
    if record is None:
        raise AwsError("ValidationException", f"ModelPackage {package_arn} does not exist.")
    return record


def inference_containers(world: World, package: str) -> list[dict[str, Any]]:
    """The containers that a package is served with.

    :raises AwsError: when it is rejected, names none, or more than one.
    """
    record = find_package(world, package)
    containers: list[dict[str, Any]] = record.get("InferenceSpecification", {}).get("Containers", [])
    if record.get("ModelApprovalStatus", "Approved") != "Approved":
        raise AwsError(
            "ValidationException",
            f"Model package {record['ModelPackageArn']} cannot be deployed: its ModelApprovalStatus is "
            f"{record['ModelApprovalStatus']}, not Approved.",
        )
    if len(containers) != 1:
        count = f"this one has {len(containers)}"
        raise AwsError("NotImplemented", f"local_aws serves packages of one container; {count}", 501)
    return containers


def _wanted(record: Record, params: dict[str, Any], group: str | None, kind: str) -> bool:
    versioned = "ModelPackageVersion" in record
    return (
        kind in ("Both", "Versioned" if versioned else "Unversioned")
        and group in (None, record.get("ModelPackageGroupName"))
        and params.get("ModelApprovalStatus") in (None, record.get("ModelApprovalStatus"))
    )


def _said(params: dict[str, Any]) -> Record:
    return {name: value for name, value in params.items() if name not in _INSTRUCTIONS}


def _digest(params: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()
