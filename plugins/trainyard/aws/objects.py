"""Small reads and writes in S3: texts, JSON, sizes, and the listing of a place of one's own."""

from __future__ import annotations

import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call
from trainyard.errors import ManifestError
from trainyard.manifests import File, Manifest, parse
from trainyard.paths import Place, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_BLOCK = 1 << 20  # bytes held at a time
_PARALLEL = 8  # HEAD requests at a time; a manifest lists tens of files, not thousands


def objects(client: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield what a listing says of each object below a prefix, a thousand a call."""
    params: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        reply = call(client, "list_objects_v2", f"s3://{bucket}/{prefix}", **params)
        yield from reply.get("Contents", [])
        if not reply.get("IsTruncated"):
            return
        params["ContinuationToken"] = reply["NextContinuationToken"]


class Objects:
    """The objects of a bucket, through one client."""

    def __init__(self, client: Any, kms_key: str) -> None:
        self.client = client
        self.kms_key = kms_key

    def read(self, uri: str) -> bytes:
        """Return an object's bytes.

        Raises:
            Absent: when there is none.
        """
        bucket, key = split(uri)
        reply = call(self.client, "get_object", uri, Bucket=bucket, Key=key)
        data: bytes = reply["Body"].read()
        return data

    def read_json(self, uri: str) -> Any:
        """Return an object's JSON."""
        return json.loads(self.read(uri))

    def exists(self, uri: str) -> bool:
        """Say whether there is such an object."""
        return self.head(uri) is not None

    def head(self, uri: str) -> File | None:
        """Return an object's key, size and checksum, or None."""
        bucket, key = split(uri)
        try:
            reply = call(self.client, "head_object", uri, Bucket=bucket, Key=key)
        except Absent:
            return None
        return File(key=key, size=int(reply["ContentLength"]), etag=str(reply.get("ETag", "")).strip('"'))

    def modified(self, uri: str) -> datetime | None:
        """Return when an object was put, to the second; None when there is none."""
        bucket, key = split(uri)
        try:
            found: datetime = call(self.client, "head_object", uri, Bucket=bucket, Key=key)["LastModified"]
        except Absent:
            return None
        return found

    def write_json(self, uri: str, value: Any) -> None:
        """Publish JSON, encrypted with the model's key. An object appears whole or not at all."""
        self.write(uri, json.dumps(value, indent=1).encode() + b"\n", "application/json")

    def read_tagged(self, uri: str) -> tuple[bytes, str] | None:
        """Return an object's bytes and its ETag, which ``write`` takes to replace just that one; None without one."""
        bucket, key = split(uri)
        try:
            reply = call(self.client, "get_object", uri, Bucket=bucket, Key=key)
        except Absent:
            return None
        return reply["Body"].read(), str(reply["ETag"])

    def write(self, uri: str, data: bytes, content_type: str, *, replaces: str | None = None) -> None:
        """Publish an object, encrypted with the model's key.

        Args:
            uri: where.
            data: the bytes.
            content_type: what they are.
            replaces: the ETag of the only version that may be replaced; empty: there must be none.

        Raises:
            Exists: when another one is there.
            Absent: when the one to replace is gone.
        """
        bucket, key = split(uri)
        only = {} if replaces is None else {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        call(self.client, "put_object", uri, Bucket=bucket, Key=key, Body=data, ContentType=content_type,
             ServerSideEncryption="aws:kms", SSEKMSKeyId=self.kms_key, **only)  # fmt: skip

    def listing(self, uri: str) -> list[File]:
        """List a place of one's own, to make its manifest. Readers never list: they read the manifest."""
        bucket, prefix = split(uri)
        return [
            File(item["Key"], int(item["Size"]), etag=str(item["ETag"]).strip('"'))
            for item in objects(self.client, bucket, prefix)
        ]

    def lines(self, uri: str) -> int:
        """Count the lines of an object without holding it; the last one need not end in a line feed."""
        count, last = 0, b"\n"
        for block in self._blocks(uri):
            count += block.count(b"\n")
            last = block[-1:]
        return count + (last != b"\n")

    def sha256(self, uri: str) -> str:
        """Return the SHA-256 of an object's bytes without holding them."""
        digest = sha256()
        for block in self._blocks(uri):
            digest.update(block)
        return digest.hexdigest()

    def first_line(self, uri: str) -> str:
        """Return the first line of an object of texts."""
        bucket, key = split(uri)
        with closing(call(self.client, "get_object", uri, Bucket=bucket, Key=key)["Body"]) as body:
            return next(body.iter_lines(), b"").decode()

    def copy(self, source: str, target: str) -> str:
        """Copy an object of up to 5 GB within S3, encrypted with the model's key; return where it is now."""
        (from_bucket, from_key), (bucket, key) = split(source), split(target)
        call(self.client, "copy_object", target, Bucket=bucket, Key=key,
             CopySource={"Bucket": from_bucket, "Key": from_key},
             ServerSideEncryption="aws:kms", SSEKMSKeyId=self.kms_key)  # fmt: skip
        return target

    def unpack(self, archive: str, folder: str) -> None:
        """Put each file of a tar.gz below a folder, one after the other, holding one at a time.

        Raises:
            ManifestError: when it is no such archive, or a name in it leads out of the folder.
        """
        bucket, key = split(archive)
        try:
            with (
                closing(call(self.client, "get_object", archive, Bucket=bucket, Key=key)["Body"]) as body,
                tarfile.open(fileobj=body, mode="r|gz") as packed,
            ):
                for member in packed:
                    name = member.name.removeprefix("./")
                    if member.isfile() and (name.startswith("/") or ".." in name.split("/")):
                        raise ManifestError(f"{archive} holds {name!r}, which would leave its folder.")
                    if content := packed.extractfile(member):
                        self.write(f"{folder}{name}", content.read(), "application/octet-stream")
        except tarfile.TarError as error:
            raise ManifestError(f"{archive} is no tar.gz: {error}.") from None

    def _blocks(self, uri: str) -> Iterator[bytes]:
        bucket, key = split(uri)
        with closing(call(self.client, "get_object", uri, Bucket=bucket, Key=key)["Body"]) as body:
            yield from body.iter_chunks(_BLOCK)

    def publish(self, place: Place, manifest: Manifest) -> None:
        """Publish a manifest: from here on, the work in this place has happened."""
        self.write(place.manifest, manifest.dump().encode(), "application/json")

    def manifest(self, uri: str) -> Manifest:
        """Read a manifest and check that its files are there, whole, and its own.

        Raises:
            ManifestError: naming the key that is missing, has another size, or lies elsewhere.
        """
        manifest = parse(self.read(uri).decode(), uri)
        bucket, key = split(uri)
        manifest.check_places(key.removesuffix("manifest.json"))
        manifest.check_files(self.sizes(bucket, (file.key for file in manifest.files)))
        return manifest

    def sizes(self, bucket: str, keys: Iterable[str]) -> dict[str, int]:
        """Return the bytes of the objects that exist among the keys."""
        wanted = list(keys)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            heads = pool.map(lambda key: self.head(f"s3://{bucket}/{key}"), wanted)
        return {key: head.size for key, head in zip(wanted, heads, strict=True) if head is not None}

    def whole(self, uri: str, about: str) -> File:
        """Return an object that must be there and must not be empty.

        Raises:
            ManifestError: when it is missing or has no bytes.
        """
        found = self.head(uri)
        if found is None or found.size == 0:
            raise ManifestError(f"{about} left no {uri}" + (": it is empty." if found else "."))
        return found
