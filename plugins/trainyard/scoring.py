"""Score a file of lines through an endpoint: cut below the payload limit, several requests in flight, answers in order.

Memory does not grow with the file: at most ``in_flight`` requests and their answers are held, and the lines that are
read meanwhile. What sends a request is given, so this knows neither AWS nor files.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from trainyard.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

PAYLOAD_BYTES = 5_000_000  # an endpoint takes 6,291,456 bytes
IN_FLIGHT = 4


@dataclass(frozen=True)
class Scored:
    """How far a scoring is.

    Attributes:
        rows: lines that are answered.
        requests: how many they were sent in.
        bytes: of the lines.
    """

    rows: int = 0
    requests: int = 0
    bytes: int = 0


def score(
    blocks: Iterable[bytes],
    answers: BinaryIO,
    ask: Callable[[bytes], bytes],
    *,
    payload_bytes: int = PAYLOAD_BYTES,
    in_flight: int = IN_FLIGHT,
    told: Callable[[Scored], None] = lambda _scored: None,
) -> Scored:
    """Write an answer line for each line.

    Args:
        blocks: the file, in pieces of any size.
        answers: where the answers go, in the order of the lines.
        ask: sends one request's body and returns the answer's; called from several threads. What it raises ends the
            scoring, after which ``answers`` holds the lines before the failed request.
        payload_bytes: no request is longer.
        in_flight: how many requests are under way at once.
        told: hears how far it is, after each request.

    Raises:
        InputError: when a line alone exceeds the limit, or an answer does not have a line for each line.
    """
    with ThreadPoolExecutor(in_flight, thread_name_prefix="score") as pool:
        queue = _InOrder(answers, told)
        try:
            for payload in cut(blocks, payload_bytes):
                if len(queue.waiting) >= in_flight:
                    queue.write_next()
                queue.waiting.append((payload, pool.submit(ask, payload)))
            while queue.waiting:
                queue.write_next()
        finally:
            for _, answer in queue.waiting:  # nothing more is sent once something failed, or somebody pressed Ctrl-C
                answer.cancel()
    return queue.scored


class _InOrder:
    """The requests under way, oldest first; their answers are written in that order."""

    def __init__(self, answers: BinaryIO, told: Callable[[Scored], None]) -> None:
        self.waiting: deque[tuple[bytes, Future[bytes]]] = deque()
        self.scored = Scored()
        self._answers = answers
        self._told = told

    def write_next(self) -> None:
        """Wait for the oldest request, and write its answer."""
        payload, answer = self.waiting.popleft()
        rows, done = payload.count(b"\n"), self.scored
        self._answers.write(lines_of(answer.result(), rows, done.rows))
        self.scored = Scored(done.rows + rows, done.requests + 1, done.bytes + len(payload))
        self._told(self.scored)


def cut(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Cut a stream at line ends into pieces of at most ``limit`` bytes, each ending in a line feed.

    Raises:
        InputError: when a line is longer than the limit.
    """
    rest, rows = b"", 0
    for block in _with_last_line_feed(blocks):
        rest += block
        while len(rest) > limit:
            end = rest.rfind(b"\n", 0, limit) + 1
            if end == 0:
                raise InputError(f"Line {rows + 1} is longer than the {limit} bytes that a request may have.")
            rows += rest.count(b"\n", 0, end)
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def lines_of(answer: bytes, rows: int, before: int) -> bytes:
    """Return an answer as one line a row.

    The built-in algorithms answer several CSV rows with one line of values between commas.

    Args:
        answer: the answer to a request.
        rows: how many lines the request had.
        before: how many lines were answered before; told in the error.

    Raises:
        InputError: when the answer has more or fewer.
    """
    text = answer.rstrip(b"\n")
    found = text.count(b"\n") + 1 if text else 0
    if found == 1 and rows > 1 and text.count(b",") + 1 == rows:
        return text.replace(b",", b"\n") + b"\n"
    if found != rows:
        raise InputError(f"The answer to lines {before + 1} to {before + rows} has {found} lines instead of {rows}.")
    return text + b"\n"


def _with_last_line_feed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    last = b"\n"
    for block in blocks:
        if block:
            last = block[-1:]
            yield block
    if last != b"\n":
        yield b"\n"
