"""Which version of the code a new run takes: one object, replaced on condition that nobody else has replaced it."""

import json
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from yard.clients import Aws
from yard.errors import YardError

KEY = "code/current.json"
_TRIES = 10


def make_current(aws: Aws, bucket: str, version: str, committed: str = "", *, in_order: bool = False) -> None:
    """Let new runs take a version; runs that have begun keep theirs.

    The object remembers the newest commit whose version was ever current, also after going back to a former one: what
    a slow build makes of a commit before that is refused then, too.

    :param committed: when the version's commit was made, see :func:`yard.checkout.committed`; empty where nobody knows.
    :param in_order: take no commit that is older than that newest one.
    :raises YardError: for such a commit.
    """
    s3 = aws.client("s3")
    for _ in range(_TRIES):
        pointer, condition = _read(s3, bucket)
        newest = str(pointer.get("committed", ""))
        if in_order and committed and committed < newest:
            raise YardError(
                f"Version {version} is of a commit of {committed}; one of a commit of {newest} was current before.",
                f"It was uploaded. If new runs shall take it all the same: --rollback {version}",
            )
        told = {"version": version, "prefix": f"s3://{bucket}/code/{version}/", "committed": max(committed, newest),
                "at": now(), "by": caller(aws)}  # fmt: skip
        body = json.dumps(told, indent=2).encode()
        try:
            s3.put_object(Bucket=bucket, Key=KEY, Body=body, ContentType="application/json", **condition)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (404, 409, 412):
                raise
        else:
            return
    raise YardError(f"Others changed s3://{bucket}/{KEY} {_TRIES} times meanwhile.", "Try again.")


def current_version(s3: Any, bucket: str) -> str | None:
    """The version that new runs take; None before the first release."""
    pointer, _ = _read(s3, bucket)
    return str(pointer["version"]) if pointer else None


def now() -> str:
    """This second in UTC, as ISO 8601 writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def caller(aws: Aws) -> str:
    """Who releases: the ARN of the credentials, which every identity may ask for."""
    return str(aws.client("sts").get_caller_identity()["Arn"])


def _read(s3: Any, bucket: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What the object says, and the condition on which it may be replaced."""
    try:
        found = s3.get_object(Bucket=bucket, Key=KEY)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return {}, {"IfNoneMatch": "*"}
        raise
    return json.loads(found["Body"].read()), {"IfMatch": found["ETag"]}
