"""A client of the admin addresses: scripts faults and quotas, counts calls, restarts."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

_RESTART_SECONDS = 60.0


class AdminError(RuntimeError):
    """local_aws refused; the message is its own."""


@dataclass(frozen=True)
class Fault:
    """A fault in force."""

    id: int


class LocalAwsAdmin:
    """Scripts one local_aws.

    :param endpoint_url: where it answers.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._url = endpoint_url.rstrip("/")
        self._http = build_opener(ProxyHandler({}))  # it is on this machine, so no proxy stands between

    def add_fault(self, fault: str, **fields: Any) -> Fault:
        """Put a fault in force until it is removed; the fields are those of ``docs/faults.md``.

        :raises AdminError: naming the field that is wrong.
        """
        return Fault(self._ask("POST", "faults", {"fault": fault} | fields)["id"])

    def remove_fault(self, fault: Fault) -> None:
        """Lift one fault."""
        self._ask("DELETE", f"faults/{fault.id}")

    def remove_faults(self) -> None:
        """Lift all faults."""
        self._ask("DELETE", "faults")

    def faults(self) -> list[dict[str, Any]]:
        """All faults in force, each with its ``hits`` so far."""
        found: list[dict[str, Any]] = self._ask("GET", "faults")["faults"]
        return found

    @contextmanager
    def fault(self, fault: str, **fields: Any) -> Iterator[Fault]:
        """A fault in force for the time of a block."""
        made = self.add_fault(fault, **fields)
        try:
            yield made
        finally:
            self.remove_fault(made)

    @contextmanager
    def quotas(self, rates: Mapping[str, Mapping[str, float]]) -> Iterator[None]:
        """Requests per second for the time of a block, e.g. ``{"sagemaker": {"Describe*": 10}}``."""
        self._ask("POST", "quotas", rates)
        try:
            yield
        finally:
            self._ask("DELETE", "quotas")

    def calls(self) -> dict[str, int]:
        """How many calls there were of each action, such as ``sagemaker:CreateTrainingJob``; throttled ones count."""
        found: dict[str, int] = self._ask("GET", "calls")["calls"]
        return found

    def throttled(self) -> dict[str, int]:
        """How many of the calls were throttled."""
        found: dict[str, int] = self._ask("GET", "calls")["throttled"]
        return found

    def forget_calls(self) -> None:
        """Start counting anew."""
        self._ask("DELETE", "calls")

    def restart(self) -> None:
        """Kill local_aws and wait until it answers again.

        :raises AdminError: when it is not a program of its own, or does not come back.
        """
        self._ask("POST", "restart")
        time.sleep(0.5)  # it goes down 0.2 s after its answer
        deadline = time.monotonic() + _RESTART_SECONDS
        while True:
            try:
                self._ask("GET", "health")
            except (AdminError, URLError, OSError):
                if time.monotonic() > deadline:
                    raise AdminError(f"{self._url} did not come back within {_RESTART_SECONDS:g} s") from None
                time.sleep(0.05)
            else:
                return

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self._url}/_local/{path}", data=data, headers=headers, method=method)  # noqa: S310 - ours
        try:
            with self._http.open(request, timeout=60) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            raise AdminError(json.loads(error.read() or b"{}").get("error", str(error))) from None
