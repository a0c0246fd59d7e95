"""The files that a COPY reads: one object, all under a prefix, or the ones that a manifest lists."""

import bz2
import codecs
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from isal import igzip

from local_aws.errors import AwsError
from local_aws.objects import ObjectStore
from local_aws.services.redshift_data.copy import load_errors
from local_aws.services.redshift_data.copy.options import CopyOptions
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.unload.publish import s3_error


@dataclass(frozen=True)
class SourceFile:
    """A file to load.

    :param path: its bytes on disk, as they were put.
    """

    uri: str
    path: Path
    compression: str | None

    def open(self) -> Any:
        """Its plain bytes."""
        if self.compression == "gz":
            return igzip.open(self.path, "rb")  # type: ignore[no-untyped-call] # isal types its constants only
        if self.compression == "bz2":
            return bz2.open(self.path, "rb")
        if self.compression == "zst":
            return pa.CompressedInputStream(str(self.path), "zstd")
        return self.path.open("rb")


def prepared(file: SourceFile, options: CopyOptions, scratch: Path) -> SourceFile:
    """The file as the engine can read it: a copy where bytes are to be replaced (ACCEPTINVCHARS) or bzip2 undone."""
    if options.accept_invalid is None and file.compression != "bz2":
        return file
    replacement = options.accept_invalid
    handler = f"redshift_accept_{replacement}"
    if replacement is not None:
        codecs.register_error(handler, lambda error: (replacement * _length(error), _end(error)))
    target = scratch / file.uri.rpartition("/")[2]
    errors = handler if replacement is not None else "strict"
    with (
        io.TextIOWrapper(io.BufferedReader(file.open()), "utf-8", errors, newline="") as text,
        target.open("w", encoding="utf-8", newline="") as written,
    ):
        try:
            shutil.copyfileobj(text, written)
        except UnicodeDecodeError as error:
            code, reason = load_errors.BAD_ENCODING
            raise RedshiftError(reason, details=(f"Detail: {file.uri}: {error} (error {code})",)) from error
    return SourceFile(file.uri, target, None)


def _length(error: UnicodeError) -> int:
    """An invalid character becomes as many replacements as it has bytes."""
    return error.end - error.start if isinstance(error, UnicodeDecodeError) else 1


def _end(error: UnicodeError) -> int:
    return error.end if isinstance(error, UnicodeDecodeError) else 1


def source_files(objects: ObjectStore, options: CopyOptions) -> list[SourceFile]:
    """All files, in the order of their keys, or of the manifest.

    :raises RedshiftError: if there is none, or one that the manifest calls mandatory is missing.
    """
    try:
        uris = _listed(objects, options) if options.manifest else _found(objects, options.uri)
        return [SourceFile(uri, objects.path(uri), options.compression) for uri in uris]
    except AwsError as error:
        raise s3_error(error) from error


def _found(objects: ObjectStore, uri: str) -> list[str]:
    found = [info.uri for info in objects.list(uri) if not info.key.endswith("/")]
    if not found:
        raise RedshiftError(f"The specified S3 prefix '{uri.partition('://')[2].partition('/')[2]}' does not exist")
    return found


def _listed(objects: ObjectStore, options: CopyOptions) -> list[str]:
    if not objects.exists(options.uri):
        raise RedshiftError(
            "Problem reading manifest file - S3ServiceException:The specified key does not exist,"
            f"Status 404,Error NoSuchKey, {options.uri}"
        )
    try:
        entries = json.loads(objects.read(options.uri))["entries"]
        listed = [(str(entry["url"]), bool(entry.get("mandatory", False)), entry.get("meta")) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RedshiftError(
            f"COPY with MANIFEST parameter requires full path of an S3 object: {options.uri} is not a manifest",
            details=(f"Engine: {type(error).__name__}: {error}",),
        ) from error
    found: list[str] = []
    for url, mandatory, meta in listed:
        if objects.exists(url):
            if options.format == "PARQUET":
                _check_length(url, meta, objects.info(url).size)
            found.append(url)
        elif mandatory:
            raise RedshiftError(f"Mandatory url is not found in S3: {url}")
    if not found and listed:
        raise RedshiftError(f"No file of the manifest {options.uri} exists")
    return found


def _check_length(url: str, meta: object, size: int) -> None:
    """A columnar file is read from its end, which the manifest's length says; the lengths of text files are ignored.

    :raises RedshiftError: for no length, or another than the object has (awslabs/aws-lambda-redshift-loader#221, #223).
    """
    if not isinstance(meta, dict) or "content_length" not in meta:
        raise RedshiftError("File entry does not have 'meta' key.", details=("Code: 15003", f"Detail: {url}"))
    if int(meta["content_length"]) > size:
        raise RedshiftError(
            "Spectrum Scan Error. HTTP response error code: 416 Message: InvalidRange The requested range is not "
            f"satisfiable {url}"
        )
    if int(meta["content_length"]) < size:
        raise RedshiftError(f"Spectrum Scan Error. File '{url}' has an invalid version number")
