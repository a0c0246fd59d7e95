"""Data that comes out of a job: folders become archives or objects, encrypted as the request or the bucket says."""

import logging
import tarfile
import threading
from pathlib import Path
from typing import Any

from isal import igzip

from local_aws import moto_bridge
from local_aws.errors import AwsError
from local_aws.keys import split_uri
from local_aws.world import World

log = logging.getLogger("local_aws")


class Output:
    """Uploads of one job.

    :param kms_key_id: the request's KmsKeyId; without it the bucket's default encryption counts.
    """

    def __init__(self, world: World, kms_key_id: str | None) -> None:
        self._store = world.objects
        self._kms_key_id = kms_key_id or None

    def archive(self, folder: Path, uri: str) -> None:
        """Upload the content of a folder as a tar.gz.

        :raises AwsError: ``NoSuchBucket``.
        """
        packed = self._store.incoming()
        try:
            pack(folder, packed)
            self._store.publish(packed, uri, content_type="application/x-tar", **self._encryption(uri))
        finally:
            packed.unlink(missing_ok=True)

    def file(self, path: Path, uri: str) -> None:
        """Upload one file.

        :raises AwsError: ``NoSuchBucket``.
        """
        self._store.upload(path, uri, **self._encryption(uri))

    def folder(self, folder: Path, uri: str) -> None:
        """Upload each file of a folder below a prefix.

        :raises AwsError: ``NoSuchBucket``.
        """
        for path in files_of(folder):
            self.file(path, below(uri, path.relative_to(folder).as_posix()))

    def _encryption(self, uri: str) -> dict[str, Any]:
        self._store.bucket_folder(split_uri(uri)[0])
        if self._kms_key_id:
            return {"sse": "aws:kms", "kms_key_id": self._kms_key_id}
        sse, key = moto_bridge.bucket_encryption(split_uri(uri)[0])
        return {name: value for name, value in (("sse", sse), ("kms_key_id", key)) if value}


class Sync:
    """Keeps a prefix equal to what a job writes into a folder (checkpoints, continuous outputs), while it runs."""

    def __init__(self, output: Output, folder: Path, uri: str, every_seconds: float = 2.0) -> None:
        self._output = output
        self._folder = folder
        self._uri = uri
        self._every = every_seconds
        self._seen: dict[Path, tuple[int, int]] = {path: _stamp(path) for path in files_of(folder)}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sync-of-{folder.name}", daemon=True)

    def start(self) -> None:
        """Begin to look; files that are there already count as uploaded."""
        self._thread.start()

    def stop(self) -> None:
        """End, without a last look; for a job that is abandoned."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def finish(self) -> None:
        """Take a last look and end.

        :raises AwsError: what the upload raises.
        """
        self.stop()
        self._look(only_settled=False)

    def _run(self) -> None:
        waiting: dict[Path, tuple[int, int]] = {}
        while not self._ended.wait(self._every):
            try:
                waiting = self._look(only_settled=True, before=waiting)
            except AwsError as error:
                # finish() tries again, and then its failure is the job's.
                log.warning("%s cannot be kept up to date yet: %s", self._uri, error)

    def _look(
        self, *, only_settled: bool, before: dict[Path, tuple[int, int]] | None = None
    ) -> dict[Path, tuple[int, int]]:
        """Upload what changed; a file that is still being written waits until it looked the same twice."""
        changing = {}
        for path in files_of(self._folder):
            try:
                stamp = _stamp(path)
                if self._seen.get(path) == stamp:
                    continue
                if only_settled and (before or {}).get(path) != stamp:
                    changing[path] = stamp
                    continue
                self._output.file(path, below(self._uri, path.relative_to(self._folder).as_posix()))
                self._seen[path] = stamp
            except FileNotFoundError:
                continue  # the job removed or renamed it meanwhile
        return changing


def pack(folder: Path, archive: Path) -> None:
    """Write the content of ``folder``, in name order and without the folder itself, as a tar.gz."""
    packer: Any = igzip.IGzipFile(str(archive), "wb")  # type: ignore[no-untyped-call]  # isal has no types for it
    with packer, tarfile.open(fileobj=packer, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False)


def files_of(folder: Path) -> list[Path]:
    """The files below a folder, in name order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def below(uri: str, name: str) -> str:
    """``name`` below a prefix, whether or not that ends in a slash."""
    return f"{uri.rstrip('/')}/{name}"


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
