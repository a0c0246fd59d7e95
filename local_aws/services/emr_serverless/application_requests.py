"""Checking CreateApplication and UpdateApplication beyond their service model, and making an application's record."""

from typing import Any

from local_aws.services.emr import releases
from local_aws.services.emr_serverless import errors
from local_aws.services.emr_serverless.store import new_id, now
from local_aws.state import Record

_UNSERVED = (
    "identityCenterConfiguration", "imageConfiguration", "interactiveConfiguration", "workerTypeSpecifications",
)  # fmt: skip
_UNSERVED_MONITORING = ("cloudWatchLoggingConfiguration", "prometheusMonitoringConfiguration")
#: What an application keeps of its request, and gives back as it came.
KEPT = (
    "initialCapacity", "maximumCapacity", "autoStartConfiguration", "autoStopConfiguration", "networkConfiguration",
    "architecture", "runtimeConfiguration", "monitoringConfiguration", "diskEncryptionConfiguration",
    "schedulerConfiguration", "jobLevelCostAllocationConfiguration",
)  # fmt: skip
_DEFAULTS = {
    "autoStartConfiguration": {"enabled": True},
    "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 15},
    "architecture": "X86_64",
}


def new_application(asked: dict[str, Any], application_id: str | None = None) -> Record:
    """The record of a new application in state CREATING.

    :raises AwsError: ``ValidationException``; 501 for what would silently come to nothing.
    """
    if asked["type"].upper() != "SPARK":
        if asked["type"].upper() == "HIVE":
            raise errors.not_here(["type HIVE"])
        raise errors.validation(f"Unsupported engine {asked['type']}")
    check(asked)
    return {
        "id": application_id or new_id(),
        "name": asked.get("name"),
        "state": "CREATING",
        "details": "",
        "created": now(),
        "updated": now(),
        "release": asked["releaseLabel"],
        "settings": settings(asked, {}),
        "tags": asked.get("tags", {}),
        "idle_since": None,
    }


def settings(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What an application is told, on top of what it was told before."""
    told = {**_DEFAULTS, **before, **{name: asked[name] for name in KEPT if name in asked}}
    for name in ("autoStartConfiguration", "autoStopConfiguration"):
        told[name] = {**_DEFAULTS[name], **told[name]}  # type: ignore[dict-item]  # these two are mappings
    return told


def check(asked: dict[str, Any]) -> None:
    """Refuse what neither the service nor this machine can do.

    :raises AwsError: ``ValidationException``; 501 with the names of what is not here.
    """
    label = asked.get("releaseLabel")
    if label is not None and label not in releases.labels():
        raise errors.validation(
            f"Type 'SPARK' is not supported for release label '{label}' or release label does not exist"
        )
    unserved = [name for name in _UNSERVED if asked.get(name)]
    unserved += unserved_monitoring(asked)
    if unserved:
        raise errors.not_here(unserved)


def unserved_monitoring(asked: dict[str, Any]) -> list[str]:
    """The ways of monitoring in ``asked["monitoringConfiguration"]`` that are not here."""
    told = asked.get("monitoringConfiguration", {})
    return [
        f"monitoringConfiguration.{name}"
        for name in _UNSERVED_MONITORING
        if told.get(name) and told[name].get("enabled", True)
    ]
