"""PutObject, GetObject, HeadObject, CopyObject, DeleteObject(s) and object tags."""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO
from urllib.parse import unquote

from local_aws.errors import AwsError
from local_aws.objects import ObjectInfo
from local_aws.service import Call
from local_aws.services.s3.body import receive
from local_aws.services.s3.details import check_conditions, checksums, describe, details_of_request, encryption
from local_aws.wire import Stream
from local_aws.world import World

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BLOCK = 1 << 20


class Objects:
    """Operations on single objects."""

    def __init__(self, world: World) -> None:
        self._objects = world.objects

    def put_object(self, call: Call) -> dict[str, Any]:
        """Store the body; honors ``If-None-Match: *`` (create only) and ``If-Match`` (replace only what was read)."""
        uri = _uri(call)
        self._objects.bucket_folder(call.params["Bucket"])
        details = details_of_request(call.params)
        incoming = self._objects.incoming()
        try:
            received = receive(call.request, incoming)
            details |= {"etag": received.md5, "checksums": received.checksums}
            check = partial(self._check_write_conditions, call.params, uri)
            info = self._objects.publish(incoming, uri, check=check, **details)
        finally:
            incoming.unlink(missing_ok=True)
        return {"ETag": f'"{info.etag}"', **encryption(info.details), **checksums(info.details)}

    def head_object(self, call: Call) -> dict[str, Any]:
        """Everything but the bytes."""
        info = self._find(call)
        check_conditions(call.params, info)
        answer = describe(info)
        if call.params.get("ChecksumMode") == "ENABLED":
            answer |= checksums(info.details)
        return answer

    def get_object(self, call: Call) -> dict[str, Any]:
        """The bytes, all or a range of them, read from the file as they are sent."""
        info, file = self._objects.open(_uri(call))
        try:
            check_conditions(call.params, info)
            answer, first, last = describe(info), 0, info.size - 1
            if asked := _RANGE.fullmatch(call.params.get("Range") or ""):
                first, last = _resolve_range(asked, info.size)
                answer["ContentRange"] = f"bytes {first}-{last}/{info.size}"
                answer["HttpStatus"] = 206
            elif call.params.get("ChecksumMode") == "ENABLED" and "-" not in info.etag:
                # A composite checksum, or one of the whole beside a range, is no checksum of what is sent.
                answer |= checksums(info.details)
        except AwsError:
            file.close()
            raise
        length = last - first + 1
        answer["ContentLength"] = length
        answer["Body"] = Stream(_read(file, first, length), length)
        return answer

    def copy_object(self, call: Call) -> dict[str, Any]:
        """Copy within S3; metadata goes along unless ``MetadataDirective`` is ``REPLACE``."""
        source, file = self._objects.open("s3://" + _copy_source(call.params["CopySource"]))
        details = details_of_request(call.params)
        if call.params.get("MetadataDirective") != "REPLACE":
            details |= {
                name: source.details[name] for name in ("headers", "metadata", "content_type") if name in source.details
            }
        if call.params.get("TaggingDirective") != "REPLACE":
            details["tags"] = source.details.get("tags") or {}
        incoming = self._objects.incoming()
        with file, incoming.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        details["checksums"] = source.details.get("checksums") or {}
        info = self._objects.publish(incoming, _uri(call), reason="CopyObject", **details)
        result = {"ETag": f'"{info.etag}"', "LastModified": info.last_modified, **checksums(info.details)}
        return {"CopyObjectResult": result, **encryption(info.details)}

    def delete_object(self, call: Call) -> dict[str, Any]:
        """Remove; a key that is not there is as good as removed."""
        self._objects.delete(_uri(call))
        return {}

    def delete_objects(self, call: Call) -> dict[str, Any]:
        """Remove up to 1000 keys."""
        bucket = call.params["Bucket"]
        self._objects.bucket_folder(bucket)
        keys = [entry["Key"] for entry in call.params["Delete"]["Objects"]]
        for key in keys:
            self._objects.delete(f"s3://{bucket}/{key}")
        return {} if call.params["Delete"].get("Quiet") else {"Deleted": [{"Key": key} for key in keys]}

    def get_object_tagging(self, call: Call) -> dict[str, Any]:
        """The tags of an object."""
        tags = self._objects.info(_uri(call)).details.get("tags") or {}
        return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def put_object_tagging(self, call: Call) -> dict[str, Any]:
        """Replace the tags of an object."""
        self._objects.annotate(_uri(call), tags={tag["Key"]: tag["Value"] for tag in call.params["Tagging"]["TagSet"]})
        return {}

    def delete_object_tagging(self, call: Call) -> dict[str, Any]:
        """Remove the tags of an object."""
        self._objects.annotate(_uri(call), tags={})
        return {}

    def _find(self, call: Call) -> ObjectInfo:
        try:
            return self._objects.info(_uri(call))
        except AwsError as error:
            # A HEAD has no body to carry a code in; boto3 then shows the status, "404", as on AWS.
            raise AwsError("404", "Not Found", 404) from error

    def _check_write_conditions(self, params: dict[str, Any], uri: str) -> None:
        if params.get("IfNoneMatch") == "*" and self._objects.exists(uri):
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        if params.get("IfMatch") and self._objects.info(uri).etag != params["IfMatch"].strip('"'):
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)


def _uri(call: Call) -> str:
    return f"s3://{call.params['Bucket']}/{call.params['Key']}"


def _copy_source(source: str | dict[str, str]) -> str:
    if isinstance(source, dict):
        return f"{source['Bucket']}/{source['Key']}"
    return unquote(source.partition("?versionId=")[0]).lstrip("/")


def _resolve_range(asked: re.Match[str], size: int) -> tuple[int, int]:
    """The first and last byte that ``Range`` asks for.

    :raises AwsError: ``InvalidRange`` when it starts behind the end.
    """
    start, end = asked[1], asked[2]
    if start:
        first, last = int(start), min(int(end), size - 1) if end else size - 1
    else:
        first, last = max(0, size - int(end or 0)), size - 1
    if first >= size or first > last:
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416)
    return first, last


def _read(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = length
        while left and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
