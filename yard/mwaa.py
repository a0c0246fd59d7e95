"""A package in the bucket of an Amazon MWAA environment: what changed is put, what a former package had is removed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from yard.clients import Aws
from yard.errors import YardError
from yard.package import manifest

_LIST = "trainyard-package.json"
_DIGEST = "sha256"


@dataclass(frozen=True)
class Synced:
    """What was done, and the object versions that the environment is to take."""

    put: list[str]
    removed: list[str]
    #: S3 version by key, of ``plugins.zip`` and ``requirements.txt``; none where S3 is local_aws, which keeps none.
    versions: dict[str, str]

    def command(self, prefix: str) -> str:
        """The command that lets an environment take them; DAG files need none."""
        words = ["aws mwaa update-environment --name <environment>"]
        for option, name in (("plugins", "plugins.zip"), ("requirements", "requirements.txt")):
            words.append(f"--{option}-s3-path {prefix}{name}")
            if version := self.versions.get(prefix + name):
                words.append(f"--{option}-s3-object-version {version}")
        return " ".join(words)


def sync(aws: Aws, files: Mapping[str, bytes], bucket: str, prefix: str = "", *, hold_dags: bool = False) -> Synced:
    """Put a package under a prefix of a bucket; files of others there are not looked at.

    :param prefix: empty, or with a slash at its end.
    :param hold_dags: put the DAG files later, when the environment has taken the new plugins.
    :raises YardError: when the bucket keeps no versions, of which MWAA asks for one.
    """
    s3 = aws.client("s3")
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise YardError(
            f"The bucket {bucket} keeps no versions of objects, which MWAA wants.",
            f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
        )
    now = {path: content for path, content in files.items() if not (hold_dags and _is_dag(path))}
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in now.items()}
    before = _listed(s3, bucket, prefix)
    if set(digests) - set(before):  # what is put before a crash is known to the next package, which may remove it
        _list(s3, bucket, prefix, {**before, **digests})
    put, versions = [], {}
    for path, content in now.items():
        key, digest = prefix + path, digests[path]
        there = _head(s3, bucket, key)
        if there.get("Metadata", {}).get(_DIGEST) != digest:
            there = s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={_DIGEST: digest})
            put.append(key)
        if not path.startswith("dags/") and "VersionId" in there:
            versions[key] = str(there["VersionId"])
    kept = {path: digest for path, digest in before.items() if hold_dags and _is_dag(path)}
    removed = sorted(prefix + path for path in set(before) - set(now) - set(kept))
    for key in removed:
        s3.delete_object(Bucket=bucket, Key=key)
    _list(s3, bucket, prefix, {**kept, **digests})
    return Synced(put, removed, versions)


def _is_dag(path: str) -> bool:
    return path.startswith("dags/") and path != "dags/constraints.txt"  # which the requirements read


def _list(s3: Any, bucket: str, prefix: str, digests: Mapping[str, str]) -> None:
    s3.put_object(Bucket=bucket, Key=prefix + _LIST, Body=manifest(dict(sorted(digests.items()))))


def _listed(s3: Any, bucket: str, prefix: str) -> dict[str, str]:
    try:
        body = s3.get_object(Bucket=bucket, Key=prefix + _LIST)["Body"].read()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return {}
        raise
    return dict(json.loads(body)["files"])


def _head(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return {}
        raise
    return found
