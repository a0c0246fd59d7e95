"""Score a file of lines, or an object in S3, through an endpoint."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from trainyard.errors import InputError
from trainyard.scoring import Scored, cut, score
from yard import say
from yard.clients import Account, Aws
from yard.errors import YardError
from yard.home import Home
from yard.session import attach

_BLOCK = 1 << 20
_TOLD_SECONDS = 5.0


@dataclass(frozen=True)
class Request:
    """How a request is sent."""

    endpoint: str
    content_type: str
    accept: str
    payload_bytes: int
    in_flight: int


def score_file(home: Home, source: str, target: Path, request: Request, *, on_aws: bool) -> Scored:
    """Write an answer line for each line of the source; the target appears when it is whole.

    :param source: a path, or the URI of an object.
    :param on_aws: use the machine's AWS credentials instead of the local_aws that is up.
    :raises YardError: when the endpoint refuses a request, or answers with another number of lines.
    """
    clients = _Clients(None if on_aws else attach(home).aws, request.in_flight)
    part = target.with_name(f"{target.name}.part")
    progress = _Progress()
    if not source.startswith("s3://"):
        _look_through(source, clients, request.payload_bytes)
    try:
        with part.open("wb") as answers:
            scored = score(
                _blocks(source, clients),
                answers,
                clients.asks(request),
                payload_bytes=request.payload_bytes,
                in_flight=request.in_flight,
                told=progress.told,
            )
    except InputError as error:
        raise YardError(f"{source}: {error}", f"What was answered before is in {part}.") from error
    except ClientError as error:
        told = error.response.get("OriginalMessage") or error.response["Error"].get("Message", "")
        raise YardError(f"{request.endpoint} refused a request: {told[:300] or error}",
                        f"What was answered before is in {part}.") from error  # fmt: skip
    if not scored.rows:
        part.unlink()
        raise YardError(f"{source} holds no rows: there is nothing to score.")
    part.replace(target)
    progress.done(scored, target)
    return scored


class _Clients:
    """Clients that keep a connection for each request in flight, and slow down when they are throttled."""

    def __init__(self, local: Aws | None, connections: int) -> None:
        self._local = local
        self._settings = Config(
            max_pool_connections=connections, retries={"mode": "adaptive", "total_max_attempts": 10}, read_timeout=120
        )

    def client(self, service: str) -> Any:
        if self._local is None:
            return Account().client(service, self._settings)
        near = Config(proxies={}).merge(self._settings)
        return boto3.client(service, endpoint_url=self._local.endpoint_url, region_name="us-east-1",
                            aws_access_key_id="local", aws_secret_access_key="local", config=near)  # noqa: S106  # fmt: skip  # local_aws takes any

    def asks(self, request: Request) -> Any:
        """A function that sends a body. Asking twice changes nothing, so botocore may retry."""
        runtime = self.client("sagemaker-runtime")

        def ask(body: bytes) -> bytes:
            answer = runtime.invoke_endpoint(
                EndpointName=request.endpoint, Body=body, ContentType=request.content_type, Accept=request.accept
            )
            return bytes(answer["Body"].read())

        return ask


def _look_through(source: str, clients: _Clients, payload_bytes: int) -> None:
    """Read a file once before anything is asked: at disk speed, so that a line that is too long costs no call.

    :raises YardError: naming the file, and the line.
    """
    try:
        payloads = sum(1 for _ in cut(_blocks(source, clients), payload_bytes))
    except InputError as error:
        raise YardError(f"{source}: {error}", "Nothing was sent.") from error
    if not payloads:
        raise YardError(f"{source} holds no rows: there is nothing to score.")


def _blocks(source: str, clients: _Clients) -> Iterator[bytes]:
    if source.startswith("s3://"):
        bucket, _, key = source.removeprefix("s3://").partition("/")
        yield from clients.client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(_BLOCK)
        return
    try:
        with Path(source).open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except FileNotFoundError:
        raise YardError(f"There is no file {source}.") from None


class _Progress:
    """Says how far it is, now and then."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()

    def told(self, scored: Scored) -> None:
        if time.monotonic() - self._said >= _TOLD_SECONDS:
            self._said = time.monotonic()
            say.line(f"… {scored.rows:,} rows, {self._rate(scored):,.0f} a second")
            sys.stdout.flush()

    def done(self, scored: Scored, target: Path) -> None:
        took = say.seconds(time.monotonic() - self._began)
        say.done(f"{scored.rows:,} rows in {scored.requests} requests, {self._rate(scored):,.0f} a second ({took})")
        say.line(f"{target}")

    def _rate(self, scored: Scored) -> float:
        return scored.rows / max(1e-9, time.monotonic() - self._began)
