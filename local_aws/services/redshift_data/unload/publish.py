"""The finished files of an UNLOAD made objects: all of them or none, the manifest last."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local_aws.errors import AwsError
from local_aws.objects import ObjectInfo, ObjectStore
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.unload.files import SLICES, UnloadedFile
from local_aws.services.redshift_data.unload.options import UnloadOptions

#: Two UNLOADs to one prefix take turns here, so that each sees what the other left.
_PUBLISHING = threading.Lock()


def s3_error(error: AwsError) -> RedshiftError:
    """An S3 fault as Redshift passes it on."""
    return RedshiftError(f"S3ServiceException:{error.message},Status {error.status or 400},Error {error.code}")


def refuse_used(objects: ObjectStore, options: UnloadOptions) -> None:
    """Refuse a prefix under which something lies, unless the statement says what to do with it.

    :raises RedshiftError: in Redshift's words; also if there is no such bucket.
    """
    try:
        used = any(not info.key.endswith("/") for info in objects.list(options.prefix))
    except AwsError as error:
        raise s3_error(error) from error
    if used and not options.allow_overwrite and not options.clean_path:
        raise RedshiftError(
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
            "manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )


class Publication:
    """Puts files in place and can take them back: what was there before is kept until the end."""

    def __init__(self, objects: ObjectStore, options: UnloadOptions, scratch: Path, encryption: dict[str, Any]) -> None:
        self._objects = objects
        self._options = options
        self._kept = scratch / "kept"
        self._encryption = encryption
        self._published: list[str] = []
        self._removed: list[tuple[str, Path, dict[str, Any]]] = []

    def publish(self, files: list[UnloadedFile], manifest: Path | None) -> None:
        """Make the files objects, and the manifest after them.

        :raises RedshiftError: if that fails; then everything is as it was before.
        """
        self._kept.mkdir()
        with _PUBLISHING:
            refuse_used(self._objects, self._options)
            try:
                if self._options.clean_path:
                    self._clean(files)
                with ThreadPoolExecutor(SLICES, thread_name_prefix="unload") as pool:
                    # Each reads its file once more for the ETag. Its end is waited for, with an error too.
                    list(pool.map(self._put_file, files))
                if manifest is not None:
                    self._put(manifest, f"{self._options.prefix}manifest")
            except (AwsError, OSError) as error:
                self._take_back()
                raise (
                    s3_error(error) if isinstance(error, AwsError) else RedshiftError(f"S3 write failed: {error}")
                ) from error

    def _clean(self, files: list[UnloadedFile]) -> None:
        """CLEANPATH: remove what lies under the path, with PARTITION BY only in the partitions that get new files."""
        folders = {file.folder for file in files} if self._options.partition_by else {""}
        for folder in sorted(folders):
            for info in list(self._objects.list(self._options.prefix + folder)):
                self._keep(info)
                self._objects.delete(info.uri)

    def _put_file(self, file: UnloadedFile) -> None:
        self._put(file.path, self._options.prefix + file.key_suffix(self._options))

    def _keep(self, info: ObjectInfo) -> None:
        kept = self._kept / uuid.uuid4().hex
        kept.hardlink_to(info.path)
        self._removed.append((info.uri, kept, {**info.details, "etag": info.etag}))

    def _put(self, path: Path, uri: str) -> None:
        if self._objects.exists(uri):
            self._keep(self._objects.info(uri))
        self._objects.publish(path, uri, **self._encryption)
        self._published.append(uri)

    def _take_back(self) -> None:
        for uri in self._published:
            self._objects.delete(uri)
        for uri, kept, details in self._removed:
            self._objects.publish(kept, uri, **details)
