"""Batch transform's input cut into requests, byte by byte as it came, in constant memory."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast


class PayloadTooLarge(Exception):
    """A file that may not be split, or a single record, exceeds MaxPayloadInMB."""


def open_input(path: Path, compression: str) -> IO[bytes]:
    """The bytes of an input object. ``compression``: ``None`` or ``Gzip``."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if compression == "Gzip" else path.open("rb")


def payloads(file: IO[bytes], split_type: str, strategy: str, limit: int) -> Iterator[bytes]:
    """The bodies of the requests, in order.

    :param split_type: ``None`` (the file as it is) or ``Line``.
    :param strategy: of lines: ``SingleRecord`` (one a request, without its line end) or ``MultiRecord`` (as many
        whole lines as fit).
    :param limit: most bytes of a request.
    :raises PayloadTooLarge: when a part that may not be split is larger.
    """
    if split_type == "None":
        body = file.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge(f"the file exceeds the maximum payload of {limit} bytes and SplitType is None")
        yield body
    elif strategy == "SingleRecord":
        yield from _single_lines(file, limit)
    else:
        yield from _blocks_of_lines(file, limit)


def _single_lines(file: IO[bytes], limit: int) -> Iterator[bytes]:
    while line := file.readline(limit + 2):
        record = line.rstrip(b"\r\n")
        if len(record) > limit:
            raise PayloadTooLarge(f"a record exceeds the maximum payload of {limit} bytes")
        yield record


def _blocks_of_lines(file: IO[bytes], limit: int) -> Iterator[bytes]:
    rest = b""
    while block := file.read(limit + 1 - len(rest)):
        data = rest + block
        if len(data) <= limit:
            rest = data
            continue
        cut = data.rfind(b"\n", 0, limit) + 1
        if cut == 0:
            raise PayloadTooLarge(f"a record exceeds the maximum payload of {limit} bytes")
        yield data[:cut]
        rest = data[cut:]
    if rest:
        yield rest
