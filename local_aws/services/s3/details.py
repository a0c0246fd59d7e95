"""What S3 remembers about an object beside its bytes, and how it tells it."""

from typing import Any
from urllib.parse import parse_qsl

from local_aws.errors import AwsError
from local_aws.moto_bridge import bucket_encryption
from local_aws.objects import ObjectInfo

_HEADERS = ("ContentType", "ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl")
_CHECKSUMS = {
    "crc32": "ChecksumCRC32",
    "crc32c": "ChecksumCRC32C",
    "crc64nvme": "ChecksumCRC64NVME",
    "sha1": "ChecksumSHA1",
    "sha256": "ChecksumSHA256",
}


def details_of_request(params: dict[str, Any]) -> dict[str, Any]:
    """The details that a PutObject, CopyObject or CreateMultipartUpload asks for; else the bucket's encryption."""
    sse, key = params.get("ServerSideEncryption"), params.get("SSEKMSKeyId")
    if sse is None:
        sse, key = bucket_encryption(params["Bucket"])
    details: dict[str, Any] = {"headers": {name: params[name] for name in _HEADERS if params.get(name)}}
    # S3 keeps the names of user metadata in lower case.
    details["metadata"] = {name.lower(): value for name, value in (params.get("Metadata") or {}).items()}
    details["sse"], details["kms_key_id"] = sse or "AES256", key
    details["tags"] = dict(parse_qsl(params.get("Tagging") or ""))
    return details


def encryption(details: dict[str, Any]) -> dict[str, Any]:
    """The members by which every answer about an object names its encryption."""
    answer = {"ServerSideEncryption": details.get("sse") or "AES256"}
    if details.get("kms_key_id"):
        answer["SSEKMSKeyId"] = details["kms_key_id"]
    return answer


def checksums(details: dict[str, Any]) -> dict[str, str]:
    """The stored checksums of the whole object, as answers name them."""
    return {_CHECKSUMS[name]: value for name, value in (details.get("checksums") or {}).items()}


def describe(info: ObjectInfo) -> dict[str, Any]:
    """The answer of HeadObject, and all of GetObject's but the bytes."""
    details = info.details
    headers = {"ContentType": details.get("content_type") or "binary/octet-stream", **(details.get("headers") or {})}
    answer = {
        "AcceptRanges": "bytes",
        "ContentLength": info.size,
        "ETag": f'"{info.etag}"',
        "LastModified": info.last_modified,
        "Metadata": details.get("metadata") or {},
        **headers,
        **encryption(details),
    }
    if details.get("tags"):
        answer["TagCount"] = len(details["tags"])
    return answer


def check_conditions(params: dict[str, Any], info: ObjectInfo) -> None:
    """Hold ``If-Match``, ``If-None-Match`` and the time conditions of a read.

    :raises AwsError: ``PreconditionFailed`` (412) or ``NotModified`` (304).
    """
    wanted, unwanted = params.get("IfMatch"), params.get("IfNoneMatch")
    if wanted and wanted.strip('"') not in (info.etag, "*"):
        raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
    if unwanted and unwanted.strip('"') in (info.etag, "*"):
        raise AwsError("NotModified", "Not Modified", 304)
    since, before = params.get("IfModifiedSince"), params.get("IfUnmodifiedSince")
    if since and not unwanted and info.last_modified <= since:
        raise AwsError("NotModified", "Not Modified", 304)
    if before and not wanted and info.last_modified > before:
        raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
