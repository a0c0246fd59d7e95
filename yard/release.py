"""Code to S3, under the hash of its content: a run names one version, and what was released never changes.

::

    s3://<bucket>/code/<version>/sql/...                                      as in the repository
    s3://<bucket>/code/<version>/spark_jobs/...
    s3://<bucket>/code/<version>/training_jobs/<algorithm>/...
    s3://<bucket>/code/<version>/training_jobs/<algorithm>/sourcedir.tar.gz   what SageMaker's script mode unpacks
    s3://<bucket>/code/<version>/release.json                                 written last: the version is whole;
                                                                              the SHA-256 of each file, who, when
    s3://<bucket>/code/current.json                                           which version a new run takes
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from trainyard.archive import tar_gz
from yard.checkout import committed, ignored, revision
from yard.clients import Aws
from yard.current import caller, make_current, now
from yard.errors import YardError
from yard.release_checks import refuse_contents, refuse_names

#: What runs elsewhere than in Airflow, and therefore is released.
FOLDERS = ("serving", "spark_jobs", "sql", "training_jobs")
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


@dataclass(frozen=True)
class Release:
    """A version of the code in S3."""

    version: str
    prefix: str
    files: int
    #: Whether this very content was there before.
    known: bool


def publish(aws: Aws, root: Path, bucket: str, *, current: bool = True, in_order: bool = False) -> Release:
    """Release the code of a checkout, unless this very content was released before.

    Two machines may release the same at once: they write the same bytes, and one of them writes ``release.json``.

    :param root: the repository.
    :param current: whether new runs take it from now on.
    :param in_order: not when its commit is older than one whose version was current already.
    :raises YardError: when there is no code at all, or something that must not be released, or for such a commit.
    """
    sources = collected(root)
    version = digest(sources)
    prefix = f"code/{version}/"
    s3 = aws.client("s3")
    objects = {**sources, **{str(path): content for path, content in packed(sources)}}
    whole = _exists(s3, bucket, f"{prefix}release.json")
    if not whole:
        for path, content in objects.items():
            s3.put_object(Bucket=bucket, Key=f"{prefix}{path}", Body=content)
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in sorted(objects.items())}
        whole = not _put_once(s3, bucket, f"{prefix}release.json", {
            "version": version, "files": digests, "size": sum(map(len, objects.values())),
            "at": now(), "by": caller(aws), "revision": revision(root, FOLDERS),
        })  # fmt: skip
    if current:
        make_current(aws, bucket, version, committed(root), in_order=in_order)
    return Release(version, f"s3://{bucket}/{prefix}", len(objects), whole)


def collected(root: Path) -> dict[str, bytes]:
    """All that is released of a checkout: content by path.

    :raises YardError: when there is nothing, or something that must not be released.
    """
    sources = dict(read(root))
    if not sources:
        raise YardError(f"There is nothing to release under {root}: no file in {', '.join(FOLDERS)}.")
    refuse_contents(sources)
    return sources


def read(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that is released: its path from the repository's root, and its content, in path order.

    What git ignores is not, such as what Spark leaves behind; without git, nothing is known of that.

    :raises YardError: see :func:`yard.release_checks.refuse_names`.
    """
    left_out = ignored(root, FOLDERS)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if not _LEFT_OUT & set(relative.parts):
                refuse_names(root, path)
            hidden = any(part.startswith(".") or part in _LEFT_OUT for part in relative.parts)
            hidden |= relative.as_posix() in left_out
            if path.is_file() and not hidden and path.suffix != ".pyc":
                yield relative.as_posix(), path.read_bytes()


def digest(sources: Mapping[str, bytes]) -> str:
    """The version: twelve hexadecimal digits of paths and contents, the same on every machine and day."""
    whole = hashlib.sha256()
    for path in sorted(sources):
        content = hashlib.sha256(sources[path]).hexdigest()
        whole.update(f"{path}\n{content}\n".encode())
    return whole.hexdigest()[:12]


def packed(sources: Mapping[str, bytes]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """A ``sourcedir.tar.gz`` for each algorithm under ``training_jobs``."""
    algorithms: dict[PurePosixPath, dict[str, bytes]] = {}
    for path, content in sources.items():
        parts = PurePosixPath(path).parts
        if parts[0] == "training_jobs" and len(parts) > 2:
            algorithms.setdefault(PurePosixPath(*parts[:2]), {})["/".join(parts[2:])] = content
    for folder, files in sorted(algorithms.items()):
        yield folder / "sourcedir.tar.gz", tar_gz(files)


def _exists(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def _put_once(s3: Any, bucket: str, key: str, content: dict[str, Any]) -> bool:
    """Write an object unless it is there; whether it was written now."""
    body = json.dumps(content, indent=2).encode()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
            return False
        raise
    return True
