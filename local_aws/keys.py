"""Where an S3 key lies on disk.

A key is a path below its bucket's folder, so that Spark, DuckDB and the jobs read the very bytes the API serves.
Four kinds of key have no plain path and get names that no user picks by accident (hidden, so Spark passes over them):

==================  =======================================================================
``a`` beside ``a/b``  ``a`` is a folder then; its own bytes lie in ``a/.@object``
``a/`` (a marker)     ``a/.@marker``
``a//b``              the empty segment is the folder ``.@empty``
``.`` and ``..``      the folders ``.@dot`` and ``.@dotdot``
==================  =======================================================================
"""

from pathlib import Path, PurePosixPath

from local_aws.errors import AwsError

OBJECT = ".@object"
MARKER = ".@marker"
_ENCODED = {"": ".@empty", ".": ".@dot", "..": ".@dotdot"}
_DECODED = {name: segment for segment, name in _ENCODED.items()}
#: A Spark job's work in progress; S3 committers on AWS never show it.
HIDDEN_FOLDERS = frozenset({"_temporary"})


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/some/key`` -> ``("bucket", "some/key")``.

    :raises AwsError: ``ValidationException`` when it is no S3 URI.
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise AwsError("ValidationException", f"'{uri}' is not an S3 URI of the form s3://bucket/key")
    return bucket, key


def relative_path(key: str) -> PurePosixPath:
    """The path of ``key`` below its bucket's folder, before the question whether it is a folder, too.

    :raises AwsError: ``KeyTooLongError`` for more than 1024 bytes (S3's limit) or a segment over 255 (the disk's).
    """
    if len(key.encode()) > 1024:
        raise AwsError("KeyTooLongError", "Your key is too long", 400)
    *folders, last = key.split("/")
    segments = [_ENCODED.get(segment, segment) for segment in folders]
    segments.append(MARKER if last == "" else _ENCODED.get(last, last))
    if any(len(segment.encode()) > 255 for segment in segments):
        raise AwsError(
            "KeyTooLongError", "local_aws keeps objects as files: no part between two '/' may exceed 255 bytes"
        )
    return PurePosixPath(*segments)


def object_path(bucket_folder: Path, key: str) -> Path:
    """The file that holds ``key`` now, or would hold it."""
    path = bucket_folder / relative_path(key)
    return path / OBJECT if path.is_dir() else path


def key_of(segments: tuple[str, ...]) -> str:
    """The inverse of :func:`relative_path`, also for ``.@object``."""
    decoded = [_DECODED.get(segment, segment) for segment in segments]
    if segments[-1] == OBJECT:
        return "/".join(decoded[:-1])
    if segments[-1] == MARKER:
        return "/".join(decoded[:-1]) + "/"
    return "/".join(decoded)
