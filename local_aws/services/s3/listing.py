"""ListObjects and ListObjectsV2."""

from typing import Any
from urllib.parse import quote

from local_aws.objects import ObjectInfo
from local_aws.service import Call
from local_aws.world import World


class Listing:
    """Pages through a bucket's keys."""

    def __init__(self, world: World) -> None:
        self._objects = world.objects

    def list_objects_v2(self, call: Call) -> dict[str, Any]:
        """Up to 1000 keys and common prefixes, from after the continuation token."""
        token = call.params.get("ContinuationToken")
        after = token[2:] if token else call.params.get("StartAfter") or ""
        page = self._page(call, after)
        last = page.pop("last")
        page["KeyCount"] = len(page["Contents"]) + len(page["CommonPrefixes"])
        if token:
            page["ContinuationToken"] = token
        if page["IsTruncated"]:
            page["NextContinuationToken"] = f"1/{last}"
        return page

    def list_objects(self, call: Call) -> dict[str, Any]:
        """The first version of the same, which pages by marker."""
        marker = call.params.get("Marker") or ""
        page = self._page(call, marker)
        last = page.pop("last")
        page["Marker"] = marker
        if page["IsTruncated"]:
            page["NextMarker"] = last
        return page

    def _page(self, call: Call, after: str) -> dict[str, Any]:
        params = call.params
        bucket, prefix, delimiter = params["Bucket"], params.get("Prefix") or "", params.get("Delimiter") or ""
        limit = min(int(1000 if params.get("MaxKeys") is None else params["MaxKeys"]), 1000)
        contents: list[ObjectInfo] = []
        prefixes: list[str] = []
        last, truncated = after, False
        if delimiter and after.endswith(delimiter) and after.startswith(prefix):
            after += "\U0010ffff"  # the last entry was a common prefix: go on behind all that it stands for
        for info in self._objects.list(f"s3://{bucket}/{prefix}", after) if limit else ():
            common = _common_prefix(info.key, prefix, delimiter)
            if common and prefixes and prefixes[-1] == common:
                continue
            if len(contents) + len(prefixes) == limit:
                truncated = True
                break
            if common:
                prefixes.append(common)
            else:
                contents.append(info)
            last = common or info.key
        encode = quote if params.get("EncodingType") == "url" else str
        return {
            "Name": bucket,
            "Prefix": encode(prefix),
            "Delimiter": delimiter,
            "MaxKeys": limit,
            "EncodingType": params.get("EncodingType"),
            "IsTruncated": truncated,
            "Contents": [_content(info, encode(info.key)) for info in contents],
            "CommonPrefixes": [{"Prefix": encode(common)} for common in prefixes],
            "last": last,
        }


def _common_prefix(key: str, prefix: str, delimiter: str) -> str:
    if not delimiter:
        return ""
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return prefix + head + found if found else ""


def _content(info: ObjectInfo, key: str) -> dict[str, Any]:
    return {
        "Key": key,
        "LastModified": info.last_modified,
        "ETag": f'"{info.etag}"',
        "Size": info.size,
        "StorageClass": "STANDARD",
    }
