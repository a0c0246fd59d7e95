"""All faults in force, and which of them hits."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.faults.rules import Rule, read


class Script:
    """The rules of one local_aws, in the order in which they were told."""

    def __init__(self) -> None:
        self._rules: dict[int, Rule] = {}
        self._next = 1
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, asked: Mapping[str, Any]) -> int:
        """Put a rule in force; returns its number.

        :raises BadRule: as :func:`rules.read` says.
        """
        rule = read(asked)
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._rules[number] = rule
        return number

    def remove(self, number: int | None = None) -> bool:
        """Lift a rule, or all of them; False when there was none of that number."""
        with self._lock:
            if number is None:
                self._rules.clear()
                return True
            return self._rules.pop(number, None) is not None

    def told(self) -> list[dict[str, Any]]:
        """All rules, with how often each has hit."""
        with self._lock:
            return [{"id": number} | rule.told() for number, rule in self._rules.items()]

    def hits_on_call(self, service: str, operation: str, params: Mapping[str, Any]) -> list[Rule]:
        """The rules that hit this call; each is asked, and counts it, once."""
        return list(self._hits(False, service, operation, params))

    def hit_on_job(self, fault: str, kind: str, name: str) -> Rule | None:
        """The first rule of this fault that hits this job."""
        return next(self._hits(True, kind, "", {"name": name}, fault), None)

    def _hits(
        self, jobs: bool, service: str, operation: str, params: Mapping[str, Any], fault: str | None = None
    ) -> Iterator[Rule]:
        with self._lock:
            for rule in self._rules.values():
                wanted = rule.is_for_jobs is jobs and fault in (None, rule.fault)
                if wanted and rule.hit(service, operation or rule.operation, params):
                    yield rule
