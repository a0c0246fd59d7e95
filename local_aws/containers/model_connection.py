"""HTTP to a model server on this machine: kept-alive connections, and the few ways in which an answer can fail."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import ClosedPoolError, HTTPError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as HttpTimeout

_PING_SECONDS = 2.0
_CONNECT_SECONDS = 5.0


class ContainerGone(Exception):
    """The server ended, or closed the connection, without an answer."""


class NotAsked(ContainerGone):
    """The server was gone before it got the request, which may be sent to another one."""


class ModelTimeout(Exception):
    """The model did not answer in time."""


@dataclass(frozen=True)
class ModelResponse:
    """A model's answer; ``headers`` have lower-case names."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class ModelConnection:
    """The connections to one server. Any number of threads may use it at once."""

    def __init__(self, port: int) -> None:
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=64, block=False, retries=False)

    def pings(self) -> bool:
        """Whether ``GET /ping`` answers 200, SageMaker's sign of health."""
        try:
            return self._pool.urlopen("GET", "/ping", timeout=_PING_SECONDS, redirect=False).status == 200
        except HTTPError:
            return False

    def execution_parameters(self) -> bytes | None:
        """What the container says to ``GET /execution-parameters``; None if it has no such route."""
        try:
            response = self._pool.urlopen("GET", "/execution-parameters", timeout=_PING_SECONDS, redirect=False)
        except HTTPError:
            return None
        return response.data if response.status == 200 and response.data else None

    def invoke(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> ModelResponse:
        """Send one request to ``/invocations``.

        A server may close a kept-alive connection in the very moment it is used again; such a request was not read
        and is sent once more, over a new connection.

        :raises ModelTimeout: when the answer does not come in time.
        :raises ContainerGone: when there is none to come; ``NotAsked`` when the request was not even sent.
        """
        try:
            return self._post(body, headers, timeout_seconds)
        except ProtocolError:
            pass
        try:
            return self._post(body, headers, timeout_seconds)
        except (ProtocolError, NotAsked) as error:
            # The server may have died of the first attempt: this request is offered to no other one.
            raise ContainerGone(str(error)) from error

    def close(self) -> None:
        """Drop all idle connections."""
        self._pool.close()

    def _post(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> ModelResponse:
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout_seconds)
        try:
            response = self._pool.urlopen(
                "POST",
                "/invocations",
                body=body,
                headers=headers,
                timeout=timeout,
                redirect=False,
                decode_content=False,
            )
        except (NewConnectionError, ClosedPoolError) as error:
            raise NotAsked(str(error)) from error
        except HttpTimeout as error:
            raise ModelTimeout(str(error)) from error
        lowered = {name.lower(): text for name, text in response.headers.items()}
        return ModelResponse(response.status, response.data, lowered)


@contextmanager
def reserved_port() -> Iterator[int]:
    """A free port that nobody else gets from the system before the server, started inside the block, has bound it.

    The socket stays bound, without listening, for that long: a second bind is let through between sockets that both
    carry SO_REUSEADDR, as servers' do, but no ``bind`` to port 0 elsewhere is given this one.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
