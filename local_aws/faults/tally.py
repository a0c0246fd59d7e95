"""How many calls of each action there were: what an orchestrator costs a service."""

import threading
from collections import Counter


class Tally:
    """Counts calls, and those of them that were throttled."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._throttled: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, action: str) -> None:
        """Count a call."""
        with self._lock:
            self._calls[action] += 1

    def count_throttled(self, action: str) -> None:
        """Count a call, counted already, as throttled."""
        with self._lock:
            self._throttled[action] += 1

    def told(self) -> dict[str, dict[str, int]]:
        """Both counts, by action."""
        with self._lock:
            return {"calls": dict(self._calls), "throttled": dict(self._throttled)}

    def forget(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._calls.clear()
            self._throttled.clear()
