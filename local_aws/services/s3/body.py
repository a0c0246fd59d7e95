"""Receiving an object's bytes: straight to disk, checksums verified on the way."""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from werkzeug.wrappers import Request

from local_aws.errors import AwsError

_BLOCK = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self) -> bytes: ...


@dataclass(frozen=True)
class Received:
    """What arrived: ``md5`` in hex, ``checksums`` by S3's header names without ``x-amz-checksum-``."""

    size: int
    md5: str
    checksums: dict[str, str]


def receive(request: Request, path: Path) -> Received:
    """Write the request's body to ``path``.

    :raises AwsError: ``BadDigest`` when a checksum that the client sent does not fit, ``IncompleteBody`` when the
        connection ended early. The half file is the caller's to drop: it was never an object.
    """
    md5, crc32, size = hashlib.md5(usedforsecurity=False), 0, 0
    trailers: dict[str, str] = {}
    with path.open("wb") as file:
        for block in _blocks(request, trailers):
            file.write(block)
            md5.update(block)
            crc32 = zlib.crc32(block, crc32)
            size += len(block)
    _check_length(request, size)
    checksums = _sent_checksums(request, trailers)
    found = {"crc32": base64.b64encode(crc32.to_bytes(4, "big")).decode()}
    sent_md5 = request.headers.get("Content-MD5")
    if sent_md5 and sent_md5 != base64.b64encode(md5.digest()).decode():
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.", 400)
    if "crc32" in checksums and checksums["crc32"] != found["crc32"]:
        raise AwsError("BadDigest", "The CRC32 you specified did not match the calculated checksum.", 400)
    return Received(size, md5.hexdigest(), checksums or found)


def _blocks(request: Request, trailers: dict[str, str]) -> Iterator[bytes]:
    stream: _Readable = request.stream
    if not request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        while block := stream.read(_BLOCK):
            yield block
        return
    # aws-chunked: "<hex length>[;chunk-signature=...]\r\n<bytes>\r\n" ... "0\r\n" then trailers.
    while True:
        length = int(stream.readline().split(b";")[0].strip() or b"0", 16)
        if length == 0:
            break
        left = length
        while left:
            block = stream.read(min(_BLOCK, left))
            if not block:
                raise AwsError("IncompleteBody", "The connection ended before the whole chunk arrived.", 400)
            left -= len(block)
            yield block
        stream.readline()
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(":")
        trailers[name.strip().lower()] = value.strip()


def _check_length(request: Request, size: int) -> None:
    declared = request.headers.get("x-amz-decoded-content-length") or request.headers.get("Content-Length")
    if declared is not None and int(declared) != size:
        message = (
            f"You did not provide the number of bytes specified by the Content-Length HTTP header: {size} of {declared}"
        )
        raise AwsError("IncompleteBody", message, 400)


def _sent_checksums(request: Request, trailers: dict[str, str]) -> dict[str, str]:
    sent = {name.lower(): value for name, value in request.headers.items()} | trailers
    known = ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")
    return {name: sent[f"x-amz-checksum-{name}"] for name in known if f"x-amz-checksum-{name}" in sent}
