"""The part of JSONPath that batch transform's InputFilter and OutputFilter know.

As the developer guide's page "Associate Prediction Results with Input Records" has it: ``$``, ``.name``, ``*``,
``['name','name']``, ``[number,number]`` with negative numbers, and ``[start:end]``, whose end is inclusive.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_OPERATORS = {
    "text/csv": "$[]*. ,:-",
    "application/json": "$[]*. ,:-'",
    "application/jsonlines": "$[]*. ,:-'",
}
_SEGMENT = re.compile(r"\.?\[(?P<inside>[^\]]*)\]|\.(?P<name>\*|[A-Za-z0-9 -]+)")
_NAMES = re.compile(r"\s*'[^']*'\s*(,\s*'[^']*'\s*)*")
_NUMBERS = re.compile(r"\s*-?\d+\s*(,\s*-?\d+\s*)*")
_RANGE = re.compile(r"\s*(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?\s*")

_Step = Callable[[Any], Any]


class NoMatch(Exception):
    """What a filter names is not in a record."""


class BadFilter(Exception):
    """A filter that is none; the message says why."""


@dataclass(frozen=True)
class Filter:
    """A path, ready to be applied."""

    path: str
    steps: tuple[_Step, ...]

    @property
    def passes_all(self) -> bool:
        """Whether it is ``$``."""
        return not self.steps

    def of(self, value: Any) -> Any:
        """The part of a record that it names.

        :param value: JSON of the record; a row of a CSV is a list of texts.
        :raises NoMatch: when there is no such part.
        """
        for step in self.steps:
            value = step(value)
        return value


def parse(path: str, content_type: str) -> Filter:
    """Read a path.

    :param content_type: of what it is applied to: ``text/csv``, ``application/json`` or ``application/jsonlines``.
    :raises BadFilter: in SageMaker's words where they are known.
    """
    operators = _OPERATORS[content_type]
    for character in path:
        # SageMaker takes no other character, not even an underscore, whatever the names of the attributes are.
        known = character.isascii() and (character.isdigit() or (character.isalpha() and content_type != "text/csv"))
        if not known and character not in operators:
            listed = ", ".join(f"'{operator}'" for operator in operators)
            raise BadFilter(
                f'Unexpected "{character}" in JsonPath. Supported operators for "{content_type}" are [{listed}]'
            )
    if not path.startswith("$"):
        raise BadFilter("a JsonPath starts with $")
    steps, at = [], 1
    while at < len(path):
        found = _SEGMENT.match(path, at)
        if found is None:
            raise BadFilter(f"{path[at:]!r} is no part of a JsonPath")
        steps.append(_named(found["name"]) if found["name"] else _bracket(path, found["inside"]))
        at = found.end()
    return Filter(path, tuple(steps))


def _named(name: str) -> _Step:
    return _every if name == "*" else lambda value: _attribute(value, name)


def _bracket(path: str, inside: str) -> _Step:
    if inside.strip() == "*":
        return _every
    if _NAMES.fullmatch(inside):
        names = re.findall(r"'([^']*)'", inside)
        if len(names) == 1:
            return _named(names[0])
        return lambda value: {name: _attribute(value, name) for name in names}
    if _NUMBERS.fullmatch(inside):
        numbers = [int(number) for number in inside.split(",")]
        if len(numbers) == 1:
            return lambda value: _element(value, numbers[0])
        return lambda value: [_element(value, number) for number in numbers]
    if found := _RANGE.fullmatch(inside):
        start, end = (int(found[name]) if found[name] else None for name in ("start", "end"))
        return lambda value: _slice(value, start, end)
    if ":" in inside and re.fullmatch(r"[-\d\s:,]+", inside):
        return _unsupported(path, inside)
    raise BadFilter(f"[{inside}] is no part of a JsonPath")


def _unsupported(path: str, inside: str) -> _Step:
    """As on AWS, where the job is accepted and fails."""

    def step(value: Any) -> Any:
        del value
        raise NoMatch(
            f"Invalid JsonPath: {path}: only single range filters of format (eg: [1:5]) are supported. "
            f"Format [{inside}] is not supported"
        )

    return step


def _every(value: Any) -> Any:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return value
    raise NoMatch("a single value has no elements")


def _attribute(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise NoMatch(f"there is no attribute {name!r}")
    return value[name]


def _element(value: Any, number: int) -> Any:
    if not isinstance(value, list):
        raise NoMatch("it is no array")
    if not -len(value) <= number < len(value):
        raise NoMatch(f"index {number} is out of range: there are {len(value)} elements")
    return value[number]


def _slice(value: Any, start: int | None, end: int | None) -> Any:
    if not isinstance(value, list):
        raise NoMatch("it is no array")
    size = len(value)
    first, last = (0 if start is None else start), (-1 if end is None else end)
    if not (-size <= first < size and -size <= last < size):
        _element(value, first)
        _element(value, last)
    return value[first % size : last % size + 1]
