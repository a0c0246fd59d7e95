"""The versions of the code that lie in the bucket: which there are, which is current, and another one made so."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from yard import release
from yard.clients import Aws
from yard.current import current_version, make_current
from yard.errors import YardError


@dataclass(frozen=True)
class Version:
    """A whole version. One that was released before these were written down has nobody and no commit."""

    version: str
    at: str
    by: str
    revision: str
    current: bool
    #: SHA-256 by path.
    files: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Difference:
    """What a release of this checkout would change in what new runs take."""

    version: str
    #: Bytes.
    size: int
    #: The current version; None before the first release.
    current: str | None
    added: list[str]
    changed: list[str]
    removed: list[str]


def versions(aws: Aws, bucket: str) -> list[Version]:
    """All versions that are whole, newest first."""
    s3 = aws.client("s3")
    current = current_version(s3, bucket)
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="code/", Delimiter="/"):
        for prefix in page.get("CommonPrefixes", []):
            name = prefix["Prefix"].split("/")[1]
            told = _read(s3, bucket, f"code/{name}/release.json")
            if told is not None:
                found.append(_version(name, told, name == current))
    return sorted(found, key=lambda version: version.at, reverse=True)


def roll_back(aws: Aws, bucket: str, version: str) -> None:
    """Make a version that was released before the current one.

    :raises YardError: when it is not there, or was never whole.
    """
    if _read(aws.client("s3"), bucket, f"code/{version}/release.json") is None:
        raise YardError(f"There is no version {version!r} in {bucket}.", "`yard release --list` says which there are.")
    make_current(aws, bucket, version)


def difference(aws: Aws, root: Path, bucket: str) -> Difference:
    """Compare the checkout with the current version; nothing is written.

    :raises YardError: see :func:`yard.release.collected`.
    """
    sources = release.collected(root)
    s3 = aws.client("s3")
    current = current_version(s3, bucket)
    told = _read(s3, bucket, f"code/{current}/release.json") if current else None
    before = {path: digest for path, digest in _files(told or {}).items() if not path.endswith("/sourcedir.tar.gz")}
    now = {path: hashlib.sha256(content).hexdigest() for path, content in sources.items()}
    return Difference(
        version=release.digest(sources),
        size=sum(map(len, sources.values())),
        current=current,
        added=sorted(set(now) - set(before)),
        changed=sorted(path for path in set(now) & set(before) if now[path] != before[path]),
        removed=sorted(set(before) - set(now)),
    )


def told(difference: Difference) -> Iterator[str]:
    """The difference in lines for a terminal."""
    yield f"version {difference.version}, {difference.size / 1000:.0f} kB; current is {difference.current or 'none'}"
    for mark, paths in (("+", difference.added), ("~", difference.changed), ("-", difference.removed)):
        yield from (f"  {mark} {path}" for path in paths)


def _version(name: str, told: dict[str, Any], current: bool) -> Version:
    said = {key: str(told.get(key, "")) for key in ("at", "by", "revision")}
    return Version(name, **said, current=current, files=_files(told))


def _files(told: dict[str, Any]) -> dict[str, str]:
    """The digests of a release; unknown for one that was released when names alone were written down."""
    files = told.get("files", {})
    return dict(files) if isinstance(files, dict) else dict.fromkeys(files, "")


def _read(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return found
