"""The addresses below ``/_local/`` by which faults, quotas and the count of calls are told and asked."""

import json
from typing import Any

from local_aws.faults.quotas import Quotas
from local_aws.faults.rules import BadRule
from local_aws.faults.script import Script
from local_aws.faults.tally import Tally

Answer = tuple[int, dict[str, Any]]


class FaultsAdmin:
    """Answers for ``/_local/faults``, ``/_local/quotas`` and ``/_local/calls``."""

    def __init__(self, script: Script, quotas: Quotas, tally: Tally) -> None:
        self._script = script
        self._quotas = quotas
        self._tally = tally

    def answer(self, method: str, path: str, body: bytes) -> Answer | None:
        """Status and body; None for an address that is none of these."""
        place, _, number = path.removeprefix("/_local/").partition("/")
        try:
            if place == "faults":
                return self._faults(method, number, body)
            if place == "quotas" and not number:
                return self._answer_quotas(method, body)
            if place == "calls" and not number:
                return self._calls(method)
        except (BadRule, json.JSONDecodeError) as error:
            return 400, {"error": str(error)}
        return None

    def _faults(self, method: str, number: str, body: bytes) -> Answer | None:
        if method == "POST" and not number:
            return 200, {"id": self._script.add(_object(body))}
        if method == "GET" and not number:
            return 200, {"faults": self._script.told()}
        if method == "DELETE" and (not number or number.isdecimal()):
            found = self._script.remove(int(number) if number else None)
            return (200, {}) if found else (404, {"error": f"there is no fault {number}"})
        return None

    def _answer_quotas(self, method: str, body: bytes) -> Answer | None:
        if method == "GET":
            return 200, {"quotas": self._quotas.rates}
        if method not in ("POST", "DELETE"):
            return None
        self._quotas.put(_object(body) if method == "POST" else {})
        return 200, {"quotas": self._quotas.rates}

    def _calls(self, method: str) -> Answer | None:
        if method == "DELETE":
            self._tally.forget()
        return (200, self._tally.told()) if method in ("GET", "DELETE") else None


def _object(body: bytes) -> dict[str, Any]:
    found = json.loads(body or b"{}")
    if not isinstance(found, dict):
        raise BadRule(f"{found!r} is no JSON object")
    return found
