"""AWS's request validation, read from botocore's service models: required, length, range, pattern, enum.

botocore's own client-side validator checks only what is required, types and minima; AWS checks all of it and
lists every violation in one message. Callers match on that wording, so it is kept.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import Shape

from local_aws.errors import AwsError


def validate(shape: Shape | None, params: dict[str, Any]) -> None:
    """Raise ``ValidationException`` naming everything in ``params`` that ``shape`` does not allow."""
    found = list(violations(shape, params, "")) if shape is not None else []
    if found:
        plural = "s" if len(found) > 1 else ""
        raise AwsError("ValidationException", f"{len(found)} validation error{plural} detected: " + "; ".join(found))


def violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield one AWS-worded sentence for each constraint that ``value`` breaks."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _length(shape, value, path)
        for index, item in enumerate(value):
            yield from violations(shape.member, item, f"{path}.{index + 1}.member")
    elif kind == "map":
        yield from _length(shape, value, path)
        for key, item in value.items():
            yield from violations(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        yield from _string(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _number(shape, value, path)


def _structure(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _sentence(value, path, "be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name in shape.members and item is not None:
            yield from violations(shape.members[name], item, _join(path, name))


def _length(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _sentence(value, path, f"have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _sentence(value, path, f"have length less than or equal to {high}")


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield _sentence(value, path, f"satisfy enum value set: [{', '.join(enum)}]")
    yield from _length(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _sentence(value, path, f"satisfy regular expression pattern: {pattern}")


def _number(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _sentence(value, path, f"have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _sentence(value, path, f"have value less than or equal to {high}")


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern for Python, or None where Java's syntax has no counterpart (then no failure is invented)."""
    for java, python in (("\\p{L}", r"\w"), ("\\p{Z}", r"\s"), ("\\p{N}", r"\d"), ("\\p{M}", ""), ("\\p{S}", "")):
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None


def _join(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _sentence(value: Any, path: str, must: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {must}"
