"""Requests per second, as AWS has them: a token bucket for each pattern of operations of a service."""

import threading
import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from local_aws.faults.rules import BadRule

Rates = dict[str, dict[str, float]]


class Quotas:
    """The rates in force; a bucket holds as many tokens as its rate, one at least, and is full at first."""

    def __init__(self) -> None:
        self.rates: Rates = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def put(self, asked: Mapping[str, Any]) -> None:
        """Put rates in force in place of the former ones: service to pattern to requests per second.

        :raises BadRule: for a rate that is not above 0.
        """
        for service, rates in asked.items():
            if not isinstance(rates, Mapping):
                raise BadRule(f"{service}: {rates!r} is no object of patterns and requests per second")
            for pattern, rate in rates.items():
                if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
                    raise BadRule(f"{service}.{pattern}: {rate!r} is no number of requests per second above 0")
        with self._lock:
            self.rates = {service: dict(rates) for service, rates in asked.items()}
            self._buckets.clear()

    def allow(self, service: str, operation: str) -> bool:
        """Take a token for a call; False where there is none left."""
        with self._lock:
            for pattern, rate in self.rates.get(service, {}).items():
                if fnmatchcase(operation, pattern) and not self._take(service, pattern, rate):
                    return False
        return True

    def _take(self, service: str, pattern: str, rate: float) -> bool:
        now, most = time.monotonic(), max(1.0, rate)
        tokens, since = self._buckets.get((service, pattern), (most, now))
        tokens = min(most, tokens + (now - since) * rate)
        allowed = tokens >= 1
        self._buckets[service, pattern] = (tokens - 1 if allowed else tokens, now)
        return allowed
