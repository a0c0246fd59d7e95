"""S3's objects as plain files: the one place that knows where they lie and what is remembered about them."""

import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from local_aws.errors import AwsError
from local_aws.keys import OBJECT, object_path, relative_path, split_uri
from local_aws.listing import walk
from local_aws.state import Table


@dataclass(frozen=True)
class ObjectInfo:
    """What S3 says of an object: ``size`` in bytes, ``etag`` without quotes, ``version`` of the file it is told of."""

    bucket: str
    key: str
    path: Path
    size: int
    etag: str
    last_modified: datetime
    details: dict[str, Any]
    version: tuple[int, ...] = ()

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


class ObjectStore:
    """All buckets' objects.

    What a file cannot say (content type, user metadata, encryption, checksums) is kept in a table together with the
    file's size and time. A file that changed under us, because Spark wrote it, simply has no such record.
    """

    def __init__(self, root: Path, table: Table, bucket_names: Callable[[], list[str]]) -> None:
        self._root = root / "s3"
        self._incoming = root / "s3-incoming"
        self._table = table
        self._bucket_names = bucket_names
        self._moving = threading.RLock()  # a file and what is remembered of it change together
        #: Told of each new object, and which call made it, before anything else can happen to its key.
        self.created: Callable[[ObjectInfo, str], None] = lambda *_: None
        self._root.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True)

    def bucket_root(self) -> Path:
        """The folder that holds one folder per bucket."""
        return self._root

    def buckets(self) -> list[str]:
        """All buckets; each has its folder from here on."""
        names = self._bucket_names()
        for name in names:
            (self._root / name).mkdir(exist_ok=True)
        return names

    def bucket_folder(self, bucket: str) -> Path:
        """The folder of a bucket.

        :raises AwsError: ``NoSuchBucket``.
        """
        if bucket not in self._bucket_names():
            raise AwsError("NoSuchBucket", f"The specified bucket does not exist: {bucket}", 404)
        folder = self._root / bucket
        folder.mkdir(exist_ok=True)
        return folder

    def info(self, uri: str) -> ObjectInfo:
        """What S3 knows of an object.

        :raises AwsError: ``NoSuchBucket`` or ``NoSuchKey``.
        """
        bucket, key = split_uri(uri)
        path = object_path(self.bucket_folder(bucket), key)
        found = self._describe(bucket, key, path) if key else None
        if found is None:
            raise AwsError("NoSuchKey", f"The specified key does not exist: {uri}", 404)
        return found

    def open(self, uri: str) -> tuple[ObjectInfo, BinaryIO]:
        """What S3 knows of an object, and just that one's bytes, whatever takes its place meanwhile.

        :raises AwsError: ``NoSuchBucket`` or ``NoSuchKey``.
        """
        while True:
            info = self.info(uri)
            with suppress(FileNotFoundError):
                file = info.path.open("rb")
                if _version(os.fstat(file.fileno())) == info.version:
                    return info, file
                file.close()

    def path(self, uri: str) -> Path:
        """The file of an existing object, to be read and never written.

        :raises AwsError: ``NoSuchBucket`` or ``NoSuchKey``.
        """
        return self.info(uri).path

    def exists(self, uri: str) -> bool:
        """Whether the object is there."""
        bucket, key = split_uri(uri)
        return bucket in self._bucket_names() and bool(key) and object_path(self._root / bucket, key).is_file()

    def folder(self, uri: str) -> Path:
        """The folder that a prefix ending in ``/`` stands for; it need not exist."""
        bucket, key = split_uri(uri)
        return self.bucket_folder(bucket) / relative_path(key).parent if key else self.bucket_folder(bucket)

    def list(self, uri: str, after: str = "") -> Iterator[ObjectInfo]:
        """The objects whose URI starts with ``uri``, in key order, from after the key ``after``."""
        bucket, prefix = split_uri(uri)
        for key, path in walk(self.bucket_folder(bucket), prefix, after):
            if found := self._describe(bucket, key, path):
                yield found

    def read(self, uri: str) -> bytes:
        """The object's bytes."""
        return self.path(uri).read_bytes()

    def download(self, uri: str, to: Path) -> None:
        """Copy an object to a file of one's own."""
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.path(uri), to)

    def write(self, uri: str, data: bytes, **details: Any) -> ObjectInfo:
        """Put an object; readers see the old one or the new one, never a part."""
        incoming = self.incoming()
        incoming.write_bytes(data)
        return self.publish(incoming, uri, **details)

    def upload(self, path: Path, uri: str, **details: Any) -> ObjectInfo:
        """Put a copy of a file as an object."""
        incoming = self.incoming()
        shutil.copyfile(path, incoming)
        return self.publish(incoming, uri, **details)

    def incoming(self) -> Path:
        """A fresh name on the objects' own disk, to be filled and then given to :meth:`publish`."""
        return self._incoming / uuid.uuid4().hex

    def publish(
        self,
        incoming: Path,
        uri: str,
        *,
        check: Callable[[], None] | None = None,
        reason: str = "PutObject",
        **details: Any,
    ) -> ObjectInfo:
        """Make a filled file the object ``uri``, at once and whole.

        :param check: raises when the object must not be replaced; nobody else replaces it in between.
        :param reason: the API call that makes it, as S3's events name it.
        :param details: what the file cannot say: ``content_type``, ``metadata``, ``sse`` (``aws:kms`` or ``AES256``),
            ``kms_key_id``, ``etag`` (else the MD5), ``checksums``, ``tags``.
        """
        bucket, key = split_uri(uri)
        folder = self.bucket_folder(bucket)
        details.setdefault("etag", _md5(incoming))
        with self._moving:
            if check:
                check()
            path = self._make_room(folder, key)
            os.replace(incoming, path)
            self._remember(bucket, key, path, details)
            info = self.info(uri)
            self.created(info, reason)
        return info

    def annotate(self, uri: str, **details: Any) -> None:
        """Change what is remembered about an object without touching its bytes."""
        with self._moving:
            info = self.info(uri)
            self._remember(info.bucket, info.key, info.path, {**info.details, "etag": info.etag, **details})

    def delete(self, uri: str) -> None:
        """Remove an object and the folders that it leaves empty; nothing happens if there is none."""
        bucket, key = split_uri(uri)
        folder = self.bucket_folder(bucket)
        with self._moving:
            path = object_path(folder, key)
            path.unlink(missing_ok=True)
            self._table.delete(f"{bucket}/{key}")
            for parent in path.parents:
                if parent == folder or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()

    def _make_room(self, folder: Path, key: str) -> Path:
        """The path for a new object; objects in the way of its folders become ``.@object`` inside them."""
        path = object_path(folder, key)
        for parent in reversed(path.relative_to(folder).parents):
            above = folder / parent
            if above.is_file():
                aside = self.incoming()
                os.replace(above, aside)
                above.mkdir()
                os.replace(aside, above / OBJECT)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _remember(self, bucket: str, key: str, path: Path, details: dict[str, Any]) -> dict[str, Any]:
        stat = path.stat()
        record = {**details, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        self._table.put(f"{bucket}/{key}", record)
        return record

    def _describe(self, bucket: str, key: str, path: Path) -> ObjectInfo | None:
        """What is known of a file; None when it has just been deleted. One that changed under us is read anew."""
        read: dict[tuple[int, ...], str] = {}
        while True:
            with self._moving:
                if not path.is_file():
                    return None
                stat, record = path.stat(), self._table.get(f"{bucket}/{key}")
                if record is None or (record["size"], record["mtime_ns"]) != (stat.st_size, stat.st_mtime_ns):
                    etag = read.get(_version(stat))
                    record = self._remember(bucket, key, path, {"etag": etag}) if etag else None
            if record:
                details = {name: value for name, value in record.items() if name not in ("size", "mtime_ns", "etag")}
                modified = datetime.fromtimestamp(int(stat.st_mtime), UTC)
                return ObjectInfo(bucket, key, path, stat.st_size, record["etag"], modified, details, _version(stat))
            with suppress(FileNotFoundError):
                read[_version(stat)] = _md5(path)  # nobody waits for that: it may be long


def _version(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        # The ETag of S3, not a safeguard.
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
