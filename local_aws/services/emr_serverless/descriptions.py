"""How applications and job runs look in the answers."""

from typing import Any

from local_aws.services.emr_serverless.usage import usage
from local_aws.state import Record
from local_aws.world import World


def application_arn(world: World, application_id: str) -> str:
    """The ARN of an application."""
    return world.arn("emr-serverless", f"/applications/{application_id}")


def run_arn(world: World, run: Record) -> str:
    """The ARN of a job run."""
    return world.arn("emr-serverless", f"/applications/{run['application']}/jobruns/{run['id']}")


def application_summary(world: World, application: Record) -> dict[str, Any]:
    """As ListApplications has it."""
    return {
        "id": application["id"],
        **({"name": application["name"]} if application["name"] else {}),
        "arn": application_arn(world, application["id"]),
        "releaseLabel": application["release"],
        "type": "Spark",
        "state": application["state"],
        "stateDetails": application["details"],
        "createdAt": application["created"],
        "updatedAt": application["updated"],
        "architecture": application["settings"]["architecture"],
    }


def application_detail(world: World, application: Record) -> dict[str, Any]:
    """As GetApplication has it."""
    told = application_summary(world, application)
    told["applicationId"] = told.pop("id")
    return {**told, **application["settings"], "tags": application["tags"]}


def run_summary(world: World, run: Record) -> dict[str, Any]:
    """As ListJobRuns has it."""
    return {
        "applicationId": run["application"],
        "id": run["id"],
        **({"name": run["request"]["name"]} if "name" in run["request"] else {}),
        "mode": "BATCH",
        "arn": run_arn(world, run),
        "createdBy": f"arn:aws:iam::{world.account}:user/{run['by']}",
        "createdAt": run["created"],
        "updatedAt": run["updated"],
        "executionRole": run["request"]["executionRoleArn"],
        "state": run["state"],
        "stateDetails": run["details"],
        "releaseLabel": run["release"],
        "type": "SPARK",
        "attempt": 1,
        "attemptCreatedAt": run["created"],
        "attemptUpdatedAt": run["updated"],
    }


def run_detail(world: World, run: Record) -> dict[str, Any]:
    """As GetJobRun has it."""
    asked = run["request"]
    told = run_summary(world, run)
    del told["type"]
    told["jobRunId"] = told.pop("id")
    kept = ("configurationOverrides", "executionIamPolicy", "jobDriver", "retryPolicy")
    return {
        **told,
        **{name: asked[name] for name in kept if name in asked},
        **{key: run[name] for name, key in (("started", "startedAt"), ("ended", "endedAt")) if run.get(name)},
        **({"networkConfiguration": run["network"]} if run["network"] else {}),
        **usage(run),
        "tags": run["tags"],
        "executionTimeoutMinutes": run["timeout_minutes"],
        "queuedDurationMilliseconds": run.get("queued_ms", 0),
    }
