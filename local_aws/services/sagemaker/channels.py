"""Data that comes into a job: objects named by a prefix or a manifest become files of a folder."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_aws.errors import AwsError
from local_aws.objects import ObjectInfo, ObjectStore


class InputMissing(Exception):
    """There is no data where a job was told to read; the message is SageMaker's."""


@dataclass(frozen=True)
class S3Input:
    """Where data lies.

    :param kind: ``S3Prefix`` (every key that starts so) or ``ManifestFile`` (a JSON list of keys).
    :param region: and ``role``: named in the error only, as SageMaker does.
    """

    uri: str
    kind: str
    region: str
    role: str

    def objects(self, store: ObjectStore) -> list[tuple[str, ObjectInfo]]:
        """``(path in the folder, object)`` for each object.

        :raises InputMissing: when there is none, or one of the manifest's is missing.
        """
        try:
            found = list(self._from_manifest(store) if self.kind == "ManifestFile" else self._from_prefix(store))
        except AwsError as error:
            if error.code not in ("NoSuchBucket", "NoSuchKey"):
                raise
            raise self._missing() from error
        if not found:
            raise self._missing()
        return found

    def check(self, store: ObjectStore) -> None:
        """What SageMaker checks before it accepts a job: a prefix has at least one object.

        :raises InputMissing: when it has none.
        """
        try:
            if next(store.list(self.uri), None) is None:
                raise self._missing()
        except AwsError as error:
            raise self._missing() from error

    def _from_prefix(self, store: ObjectStore) -> Iterator[tuple[str, ObjectInfo]]:
        prefix = self.uri.split("/", 3)[3] if self.uri.count("/") > 2 else ""
        for info in store.list(self.uri):
            if not info.key.endswith("/"):
                yield _below(info.key, prefix), info

    def _from_manifest(self, store: ObjectStore) -> Iterator[tuple[str, ObjectInfo]]:
        prefix, names = _parse_manifest(self.uri, store.read(self.uri))
        for name in names:
            yield name, store.info(prefix + name)

    def _missing(self) -> InputMissing:
        bucket = self.uri.split("/")[2]
        return InputMissing(
            f'No S3 objects found under S3 URL "{self.uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({self.region}), that objects exist under that S3 prefix, and that the "
            f'role "{self.role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
        )


def _below(key: str, prefix: str) -> str:
    """Where the object lands: below the prefix taken as a folder; a single object, or one that merely starts so, by
    its path from the prefix's last folder on.
    """
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    return key.removeprefix(folder) if key.startswith(folder) else key[len(prefix.rpartition("/")[0]) :].lstrip("/")


def _parse_manifest(uri: str, content: bytes) -> tuple[str, list[str]]:
    """``[{"prefix": "s3://bucket/folder/"}, "a", "b/c"]``; the prefix may be missing when the names are whole URIs."""
    try:
        first, *names = json.loads(content)
        prefix = first["prefix"] if isinstance(first, dict) else ""
        names = names if isinstance(first, dict) else [first, *names]
        if not all(isinstance(name, str) for name in (prefix, *names)):
            raise ValueError("its entries must be strings")
    except (ValueError, KeyError, TypeError) as error:
        raise InputMissing(
            f"The manifest {uri} is not of the form [{{'prefix': 's3://...'}}, 'key', ...]: {error}"
        ) from error
    return prefix, names


def place(found: list[tuple[str, ObjectInfo]], folder: Path, *, link: bool) -> int:
    """Make the files of ``folder`` from objects; returns their bytes.

    :param link: hard links instead of copies. Objects are replaced and never changed, so a link stays what it was at
        this moment; the caller must keep the job from writing through it.
    :raises InputMissing: when one key is the folder of another one, which no file system can hold.
    """
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, info in found:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise InputMissing(f"Failed to download data. The key {info.uri} leads out of the channel.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(info.path, target) if link else shutil.copyfile(info.path, target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InputMissing(
                "Failed to download data. Please check your s3 objects and ensure that there is no object that is "
                f"both a folder as well as a file: {info.uri}"
            ) from error
        total += info.size
    return total


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if isinstance(error, FileExistsError | NotADirectoryError):
            raise
        # Another disk, or a file system without links.
        shutil.copyfile(source, target)
