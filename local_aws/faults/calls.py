"""Faults of calls, carried out."""

import time
from collections.abc import Mapping
from typing import Any

from local_aws.errors import AwsError
from local_aws.faults.quotas import Quotas
from local_aws.faults.rules import Rule
from local_aws.faults.script import Script
from local_aws.faults.tally import Tally

#: How each service words it that there were too many requests; the others say it as SageMaker does.
_THROTTLING = {
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "cloudformation": ("Throttling", "Rate exceeded", 400),
    "iam": ("Throttling", "Rate exceeded", 400),
    "sts": ("Throttling", "Rate exceeded", 400),
}


class Cut(Exception):
    """The connection is cut: the client gets no reply."""


class CallFaults:
    """What happens to a call before it takes effect, and to its result after it did."""

    def __init__(self, script: Script, quotas: Quotas, tally: Tally) -> None:
        self._script = script
        self._quotas = quotas
        self._tally = tally

    @property
    def idle(self) -> bool:
        """Whether nothing is scripted and no quota is in force."""
        return not self._script and not self._quotas.rates

    def before(self, service: str, operation: str, params: Mapping[str, Any]) -> list[Rule]:
        """Count the call, and let happen what happens before it takes effect; returns what is to happen after it.

        :raises AwsError: when the call is throttled or refused.
        :raises Cut: when its connection is cut.
        """
        action = f"{service}:{operation}"
        self._tally.count(action)
        if not self._quotas.allow(service, operation):
            self._throttle(service, action)
        if not self._script:
            return []
        rules = self._script.hits_on_call(service, operation, params)
        for rule in rules:
            self._happen(rule, service, action)
        return [rule for rule in rules if rule.fault in ("drop-after", "reply") or rule.more.get("when") == "after"]

    def after(self, rules: list[Rule], result: dict[str, Any] | AwsError) -> None:
        """Let happen what happens once a call took effect.

        :raises Cut: when its connection is cut.
        """
        for rule in rules:
            if rule.fault == "delay":
                time.sleep(rule.more.get("seconds", 1.0))
            elif rule.fault == "drop-after":
                raise Cut
            elif isinstance(result, dict):
                for path, value in rule.more.get("set", {}).items():
                    _put(result, path.split("."), value)

    def _happen(self, rule: Rule, service: str, action: str) -> None:
        more = rule.more
        if rule.fault == "delay" and more.get("when", "before") == "before":
            time.sleep(more.get("seconds", 1.0))
        elif rule.fault == "throttle":
            self._throttle(service, action)
        elif rule.fault == "error":
            message = more.get("message", "We encountered an internal error. Please try again.")
            raise AwsError(more.get("code", "InternalFailure"), message, more.get("status", 500))
        elif rule.fault == "refuse":
            message = more.get("message", "refused by a scripted fault")
            raise AwsError(more.get("code", "ValidationException"), message, more.get("status", 400))
        elif rule.fault == "drop-before":
            raise Cut

    def _throttle(self, service: str, action: str) -> None:
        self._tally.count_throttled(action)
        raise AwsError(*_THROTTLING.get(service, ("ThrottlingException", "Rate exceeded", 400)))


def _put(result: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        result = result.setdefault(part, {})
    result[path[-1]] = value
