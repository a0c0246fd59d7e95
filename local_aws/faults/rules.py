"""One fault: what it does, to which calls or jobs, and how often."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

#: What each fault of a call may be told besides what all rules may be told: name to type.
CALL_FAULTS: dict[str, dict[str, type]] = {
    "throttle": {},
    "error": {"status": int, "code": str, "message": str},
    "refuse": {"status": int, "code": str, "message": str},
    "delay": {"seconds": float, "when": str},
    "drop-before": {},
    "drop-after": {},
    "reply": {"set": dict},
}
JOB_FAULTS: dict[str, dict[str, type]] = {
    "crash": {"seconds": float},
    "hang": {"seconds": float},
    "capacity": {},
    "spot-loss": {"seconds": float},
    "slow-container": {"seconds": float},
    "failing-container": {},
    "silent-rollback": {},
}
_COMMON: dict[str, type] = {
    "fault": str, "service": str, "operation": str, "match": dict, "after": int, "times": int, "probability": float,
    "seed": int,
}  # fmt: skip


class BadRule(ValueError):
    """A rule that cannot be carried out; the message names the field and what it may be."""


@dataclass
class Rule:
    """A fault in force.

    Attributes:
        fault: one of ``CALL_FAULTS`` or ``JOB_FAULTS``.
        service, operation: patterns as in file names; of a job fault, ``service`` is the kind of job.
        match: name of a parameter (dotted) to a regular expression that must be found in its value.
        after: so many matching calls are let through first.
        times: so many are hit, then no more; None for ever.
        probability: of hitting a matching call; the draws are repeatable.
        more: the fault's own fields.
        hits: how many were hit so far.
    """

    fault: str
    service: str = "*"
    operation: str = "*"
    match: dict[str, str] = field(default_factory=dict)
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    hits: int = 0
    _seen: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret

    @property
    def is_for_jobs(self) -> bool:
        """Whether it hits jobs, not calls."""
        return self.fault in JOB_FAULTS

    def hit(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Say whether this call, or job, is hit, and count it."""
        if not (fnmatchcase(service, self.service) and fnmatchcase(operation, self.operation)):
            return False
        if not all(re.search(pattern, str(_dig(params, name))) for name, pattern in self.match.items()):
            return False
        self._seen += 1
        if self._seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        if self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def told(self) -> dict[str, Any]:
        """The rule as the admin address tells it."""
        common = {"fault": self.fault, "service": self.service, "operation": self.operation, "match": self.match,
                  "after": self.after, "times": self.times, "probability": self.probability}  # fmt: skip
        return common | self.more | {"hits": self.hits}


def read(asked: Mapping[str, Any]) -> Rule:
    """Make a rule of what was posted.

    :raises BadRule: naming the field.
    """
    fault = asked.get("fault")
    known = CALL_FAULTS | JOB_FAULTS
    if fault not in known:
        raise BadRule(f"fault: {fault!r} is none of {', '.join(sorted(known))}")
    own = known[fault]
    for name, value in asked.items():
        kind = (_COMMON | own).get(name)
        if kind is None:
            raise BadRule(f"{name}: {fault} knows {', '.join(sorted(_COMMON | own))}")
        if not isinstance(value, (int, float) if kind is float else kind) or isinstance(value, bool):
            raise BadRule(f"{name}: {value!r} is no {kind.__name__}")
    if not 0 <= asked.get("probability", 1) <= 1:
        raise BadRule(f"probability: {asked['probability']} is not in 0..1")
    if asked.get("when", "before") not in ("before", "after"):
        raise BadRule(f"when: {asked['when']!r} is neither 'before' nor 'after'")
    for pattern in asked.get("match", {}).values():
        try:
            re.compile(str(pattern))
        except re.error as error:
            raise BadRule(f"match: {pattern!r} is no regular expression: {error}") from None
    return Rule(
        **{name: value for name, value in asked.items() if name in _COMMON},
        more={name: value for name, value in asked.items() if name not in _COMMON},
    )


def _dig(params: Any, name: str) -> Any:
    for part in name.split("."):
        params = params.get(part, "") if isinstance(params, Mapping) else ""
    return params
