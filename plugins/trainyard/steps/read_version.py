"""read_version: the version that a pipeline has registered, as the model that the gate judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard.aws.calls import call
from trainyard.aws.runtime import Runtime
from trainyard.errors import InputError
from trainyard.requests.registry import group_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import XComArg

    from trainyard.spec import ModelSpec


def read_version(spec: ModelSpec, ran: XComArg) -> XComArg:
    """Read the version that ``run_pipeline`` or ``run_state_machine`` left in the registry, and check what it says.

    It must be one version, of this model's group and, where it names one, of the run's partition; its artifact must be
    there. So what others have trained is judged as what a DAG has trained: ``evaluate`` and ``adopt_version`` take it.

    Returns ``model_package`` (ARN), ``model_version`` (number), ``artifact`` (URI), ``bytes``, ``manifest`` (URI of
    that of what ran), ``status`` (its approval before it is judged), ``job`` (that trained it; else the ARN of what
    ran).
    """

    @task(task_id="read_version")
    def body(ran: Any) -> dict[str, Any]:
        runtime = Runtime(get_current_context())
        arn = only_version(ran, spec)
        told = call(runtime.aws.client("sagemaker"), "describe_model_package", arn, ModelPackageName=arn)
        origin = told.get("CustomerMetadataProperties", {})
        partition = runtime.run().partition
        require_ours(told, spec, partition)
        artifact = str(told["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
        return {
            "model_package": arn,
            "model_version": int(told["ModelPackageVersion"]),
            "artifact": artifact,
            "bytes": runtime.objects.whole(artifact, arn).size,
            "manifest": ran["manifest"],
            "status": told["ModelApprovalStatus"],
            "job": origin.get("training_job") or ran["execution"],
        }

    return body(ran)


def require_ours(told: Mapping[str, Any], spec: ModelSpec, partition: str) -> None:
    """Refuse a version that is not this model's, or of another partition.

    Args:
        told: what DescribeModelPackage says.
        spec: the model.
        partition: the run's.

    Raises:
        InputError: which of the two it is.
    """
    arn, group = told["ModelPackageArn"], told.get("ModelPackageGroupName")
    if group != group_name(spec.name):
        raise InputError(f"{arn} is a version of {group}, not of {group_name(spec.name)}: it is not judged here.")
    theirs = told.get("CustomerMetadataProperties", {}).get("partition", partition)
    if theirs != partition:
        raise InputError(
            f"{arn} says that it is of partition {theirs}, but this run is about {partition}. Remedy: give the "
            "pipeline the run's partition as a parameter."
        )


def only_version(ran: Mapping[str, Any], spec: ModelSpec) -> str:
    """Return the ARN of the one version that was registered.

    Raises:
        InputError: when there is none, or more than one.
    """
    packages: list[str] = ran["model_packages"]
    if len(packages) != 1:
        found = f"{len(packages)} versions ({', '.join(packages)})" if packages else "no version"
        raise InputError(f"{ran['execution']} registered {found}; one of {group_name(spec.name)} is wanted.")
    return packages[0]
