"""Checking StartJobRun beyond its service model, and making the run's record of it."""

import shlex
from itertools import pairwise
from typing import Any

from local_aws.services.emr_serverless import errors
from local_aws.services.emr_serverless.application_requests import unserved_monitoring
from local_aws.services.emr_serverless.store import new_id, now
from local_aws.spark import arguments
from local_aws.state import Record

#: Minutes after which a run is cancelled when the request names none.
_TIMEOUT = 720
_LEAST_TIMEOUT = 5
_UNSERVED = ("mode STREAMING", "jobDriver.hive", "retryPolicy.maxAttempts above 1")


def new_run(application: Record, asked: dict[str, Any], by: str, account: str) -> Record:
    """The record of a new run in state SUBMITTED.

    :raises AwsError: ``ValidationException``, ``AccessDeniedException``; 501 for what would come to nothing here.
    """
    _check(asked, account)
    minutes = asked.get("executionTimeoutMinutes", _TIMEOUT)
    if 0 < minutes < _LEAST_TIMEOUT:
        raise errors.validation(f"RunTimeout must be at least {_LEAST_TIMEOUT} minutes.")
    return {
        "id": new_id(),
        "application": application["id"],
        "state": "SUBMITTED",
        "details": "",
        "created": now(),
        "updated": now(),
        "release": application["release"],
        "network": application["settings"].get("networkConfiguration"),
        "request": {name: value for name, value in asked.items() if name not in ("tags", "clientToken")},
        "properties": properties(application, asked),
        "timeout_minutes": minutes,
        "tags": asked.get("tags", {}),
        "by": by,
    }


def properties(application: Record, asked: dict[str, Any]) -> dict[str, str]:
    """The Spark properties of a run: the application's, its own configuration's, its parameters', the later winning.

    :raises AwsError: ``ValidationException`` for parameters that ``spark-submit`` does not know.
    """
    found: dict[str, str] = {}
    for configuration in configurations(application["settings"], asked):
        if configuration["classification"] == "spark-defaults":
            found.update(configuration.get("properties", {}))
    given = submit_arguments(asked)
    try:
        arguments.read(given, {})
    except ValueError as error:
        raise errors.validation(f"Invalid sparkSubmitParameters: {error}") from error
    for option, value in pairwise(given):
        if option in ("--conf", "-c"):
            key, _, setting = value.partition("=")
            found[key] = setting
    return found


def configurations(settings: dict[str, Any], asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The application's runtimeConfiguration, then the run's applicationConfiguration."""
    return [
        *settings.get("runtimeConfiguration", []),
        *asked.get("configurationOverrides", {}).get("applicationConfiguration", []),
    ]


def submit_arguments(asked: dict[str, Any]) -> list[str]:
    """``sparkSubmitParameters`` as ``spark-submit`` gets them.

    :raises AwsError: ``ValidationException`` for a quotation that does not end.
    """
    try:
        return shlex.split(asked["jobDriver"]["sparkSubmit"].get("sparkSubmitParameters", ""))
    except ValueError as error:
        raise errors.validation(f"Invalid sparkSubmitParameters: {error}") from error


def _check(asked: dict[str, Any], account: str) -> None:
    if asked["executionRoleArn"].split(":")[4] != account:
        raise errors.denied("Cross-account pass role is not allowed.")
    driver = asked.get("jobDriver", {})
    wished = (
        asked.get("mode") == "STREAMING",
        "hive" in driver,
        asked.get("retryPolicy", {}).get("maxAttempts", 1) > 1,
    )
    unserved = [name for name, wish in zip(_UNSERVED, wished, strict=True) if wish]
    unserved += [
        f"configurationOverrides.{name}" for name in unserved_monitoring(asked.get("configurationOverrides", {}))
    ]
    if unserved:
        raise errors.not_here(unserved)
    if "sparkSubmit" not in driver:
        raise errors.validation("JobDriver must be specified and of type SPARK_SUBMIT for this application.")
    if not driver["sparkSubmit"]["entryPoint"].startswith(("s3://", "file:", "local:", "/")):
        raise errors.validation(f"EntryPoint {driver['sparkSubmit']['entryPoint']} is not a valid S3 or local path.")
