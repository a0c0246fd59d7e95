"""Batch transform's input cut into requests, byte by byte as it came, in constant memory."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast


class PayloadTooLarge(Exception):
    """A file that may not be split, or a single record, exceeds MaxPayloadInMB; the message names its line."""


class Payload(NamedTuple):
    """The body of one request, and the line of the file, from 1, on which it begins."""

    line: int
    body: bytes


def open_input(path: Path, compression: str) -> IO[bytes]:
    """The bytes of an input object. ``compression``: ``None`` or ``Gzip``."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if compression == "Gzip" else path.open("rb")


def payloads(file: IO[bytes], split_type: str, strategy: str, limit: int) -> Iterator[Payload]:
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
        yield Payload(1, body)
    elif strategy == "SingleRecord":
        yield from _single_lines(file, limit)
    else:
        yield from _blocks_of_lines(file, limit)


def _single_lines(file: IO[bytes], limit: int) -> Iterator[Payload]:
    number = 0
    while line := file.readline(limit + 2):
        number += 1
        record = line.rstrip(b"\r\n")
        if len(record) > limit:
            raise _too_large(number, limit)
        yield Payload(number, record)


def _blocks_of_lines(file: IO[bytes], limit: int) -> Iterator[Payload]:
    rest, number = b"", 1
    while block := file.read(limit + 1 - len(rest)):
        data = rest + block
        if len(data) <= limit:
            rest = data
            continue
        cut = data.rfind(b"\n", 0, limit) + 1
        if cut == 0:
            raise _too_large(number, limit)
        yield Payload(number, data[:cut])
        number += data.count(b"\n", 0, cut)
        rest = data[cut:]
    if rest:
        yield Payload(number, rest)


def _too_large(line: int, limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"line {line}: the record exceeds the maximum payload of {limit} bytes")
