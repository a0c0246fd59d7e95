"""The parameters of a pipeline: declared with a type, given as texts."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.services.sagemaker.pipelines import errors


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_TYPES: Mapping[str, Callable[[str], Any]] = {"String": str, "Integer": int, "Float": float, "Boolean": _boolean}


def check_declared(declared: list[dict[str, Any]]) -> None:
    """Refuse declarations that are none.

    :raises AwsError: ``ValidationException``.
    """
    names = [item.get("Name") for item in declared]
    if None in names or len(set(names)) != len(names):
        raise errors.unparsable("Parameters need names, each of its own.")
    for item in declared:
        if item.get("Type") not in _TYPES:
            raise errors.unparsable(f"Parameter '{item['Name']}' has the type {item.get('Type')!r}, which is none.")


def values_of(declared: list[dict[str, Any]], given: list[dict[str, str]]) -> dict[str, Any]:
    """The value of each declared parameter, in its type.

    :param given: of StartPipelineExecution.
    :raises AwsError: ``ValidationException`` for one that is missing, unknown, of another type, or not in its enum.
    """
    texts = {item["Name"]: item["Value"] for item in given}
    unknown = sorted(set(texts) - {item["Name"] for item in declared})
    if unknown:
        raise errors.invalid(f"Unknown parameters: {unknown}.")
    return {item["Name"]: _value(item, texts) for item in declared}


def _value(item: dict[str, Any], texts: Mapping[str, str]) -> Any:
    name = item["Name"]
    if name not in texts:
        if "DefaultValue" not in item:
            raise errors.invalid(f"Parameter '{name}' is undefined: it has no default value, and none was given.")
        return item["DefaultValue"]
    try:
        value = _TYPES[item["Type"]](texts[name])
    except ValueError:
        raise errors.invalid(f"Parameter '{name}' must be of type {item['Type']}, not '{texts[name]}'.") from None
    if "EnumValues" in item and value not in item["EnumValues"]:
        raise errors.invalid(f"Parameter '{name}' must be one of {item['EnumValues']}, not '{texts[name]}'.")
    return value
