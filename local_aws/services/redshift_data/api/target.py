"""Whom a request speaks to: a workgroup or a cluster, a database, a user."""

from typing import Any

from local_aws.errors import AwsError

#: The user of a request that names none, as temporary credentials of an IAM identity give it.
_USER = "IAM:local"


def target_of(params: dict[str, Any]) -> dict[str, Any]:
    """The target's fields, ``Database`` and ``DbUser`` always among them.

    Every workgroup and cluster reaches the same databases here.

    :raises AwsError: ``ValidationException`` for no or two targets, or no database.
    """
    named = [name for name in ("WorkgroupName", "ClusterIdentifier") if params.get(name)]
    if len(named) != 1:
        both = "both" if named else "neither"
        raise AwsError(
            "ValidationException", f"Either WorkgroupName or ClusterIdentifier must be specified, not {both} of them."
        )
    database = params.get("ConnectedDatabase") or params.get("Database")
    if not database:
        raise AwsError("ValidationException", "Database must be specified.")
    return {named[0]: params[named[0]], "Database": database.lower(), "DbUser": params.get("DbUser") or _USER}
