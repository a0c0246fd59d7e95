"""Hyperparameters on their way from the API (strings) to a script (arguments and variables)."""

import json
from collections.abc import Mapping
from typing import Any

Values = dict[str, Any]

PREFIX = "sagemaker_"
#: Hyperparameters meant for the toolkit; a script sees none of them. Any other ``sagemaker_...`` is the framework's.
FOR_THE_TOOLKIT = frozenset(
    {
        "sagemaker_program",
        "sagemaker_submit_directory",
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_region",
        "sagemaker_s3_output",
        "_tuning_objective_metric",
    }
)


def decode(hyperparameters: Mapping[str, str]) -> Values:
    """Each value as its JSON, which the SageMaker SDK sends, or as the plain text it is."""
    return {name: _decoded(text) for name, text in hyperparameters.items()}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def split(values: Values) -> tuple[Values, Values, Values]:
    """``(the script's own, the toolkit's, the framework's)``."""
    own, toolkit, framework = {}, {}, {}
    for name, value in values.items():
        if name in FOR_THE_TOOLKIT:
            toolkit[name] = value
        elif name.startswith(PREFIX):
            framework[name] = value
        else:
            own[name] = value
    return own, toolkit, framework


def arguments(values: Values) -> list[str]:
    """``--name value`` in name order; a one-letter name has one dash, a bool is ``True``, a dict ``a=1,b=2``."""
    result = []
    for name in sorted(values):
        result += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(values[name])]
    return result


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return "" if value is None else str(value)


def variables(values: Values) -> dict[str, str]:
    """``SM_NAME`` variables: text as it is, None as nothing, everything else as compact JSON."""
    return {f"SM_{name.upper()}": _variable(value) for name, value in values.items()}


def _variable(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else compact(value)


def compact(value: Any) -> str:
    """JSON as the toolkit writes it into variables."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
