"""The conditions of a Condition step."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.services.sagemaker.pipelines.values import Unresolved

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: left == right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "LessThan": lambda left, right: left < right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
}
TYPES = frozenset({*_COMPARISONS, "In", "Not", "Or"})


def holds(condition: Mapping[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """Whether a condition is true.

    :raises Unresolved: for a value that is not there, or two that cannot be compared.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Expression"], resolve)
    if kind == "Or":
        return any(holds(item, resolve) for item in condition["Conditions"])
    if kind == "In":
        return resolve(condition["QueryValue"]) in [resolve(item) for item in condition["Values"]]
    left, right = resolve(condition["LeftValue"]), resolve(condition["RightValue"])
    try:
        return _COMPARISONS[kind](left, right)
    except TypeError as error:
        raise Unresolved(f"{left!r} and {right!r} cannot be compared by {kind}.") from error
