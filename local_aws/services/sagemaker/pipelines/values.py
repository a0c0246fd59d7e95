"""The values of a definition that are known only while it is carried out: ``Get``, ``Std:Join`` and ``Std:JsonGet``.

Source: the JSON schema of pipeline definitions (version 2020-12-01).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Part = str | int

_PART = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class Unresolved(Exception):
    """A value that is not there; the message says which."""


def parse_path(path: str) -> list[Part]:
    """``Outputs['train'].S3Output`` -> ``["Outputs", "train", "S3Output"]``; ``[0]`` is a number.

    :raises Unresolved: for a path that is none.
    """
    parts: list[Part] = []
    position = 0
    while position < len(path):
        match = _PART.match(path, position)
        if match is None:
            raise Unresolved(f"The path {path!r} cannot be read at {path[position:]!r}.")
        name, index, single, double = match.groups()
        parts.append(
            int(index) if index is not None else next(text for text in (name, single, double) if text is not None)
        )
        position = match.end()
    return parts


def dig(value: Any, parts: list[Part], about: str) -> Any:
    """What stands at a path. Where a list is asked by a name, it is the element of that ``...Name``.

    :raises Unresolved: when nothing stands there.
    """
    for part in parts:
        found = _step_into(value, part)
        if found is None:
            raise Unresolved(f"{about}: there is no {part!r}.")
        value = found
    return value


def _step_into(value: Any, part: Part) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(part))
    if isinstance(value, list):
        if isinstance(part, int):
            return value[part] if part < len(value) else None
        named = (item for item in value if isinstance(item, Mapping) and part in _names(item))
        return next(named, None)
    return None


def _names(item: Mapping[str, Any]) -> set[Any]:
    return {value for key, value in item.items() if key.endswith("Name") and isinstance(value, str)}


class Scope:
    """Where values come from while an execution runs.

    :param parameters: of the execution, in their own types.
    :param execution: ``Execution.X``.
    :param property_of: the properties of a step, by its name.
    :param property_file: the text of a step's property file, by the step's and the file's name.
    :param read: the text of an object.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        execution: Mapping[str, str],
        property_of: Callable[[str], Any],
        property_file: Callable[[str, str], str],
        read: Callable[[str], str],
    ) -> None:
        self._parameters, self._execution = parameters, execution
        self._property_of, self._property_file, self._read = property_of, property_file, read

    def resolve(self, value: Any) -> Any:
        """The value with everything in it that is known only now.

        :raises Unresolved: for what is not there.
        """
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {"Get"}:
            return self._get(str(value["Get"]))
        if set(value) == {"Std:Join"}:
            join = value["Std:Join"]
            return str(join.get("On", "")).join(_text(self.resolve(item)) for item in join["Values"])
        if set(value) == {"Std:JsonGet"}:
            return self._json_get(value["Std:JsonGet"])
        return {key: self.resolve(item) for key, item in value.items()}

    def _get(self, path: str) -> Any:
        kind, *rest = parse_path(path)
        if kind == "Parameters" and len(rest) == 1 and rest[0] in self._parameters:
            return self._parameters[str(rest[0])]
        if kind == "Execution" and len(rest) == 1 and rest[0] in self._execution:
            return self._execution[str(rest[0])]
        if kind == "Steps" and len(rest) > 1:
            return dig(self._property_of(str(rest[0])), rest[1:], path)
        raise Unresolved(f"{path} is not there.")

    def _json_get(self, asked: Mapping[str, Any]) -> Any:
        if "PropertyFile" in asked:
            about = str(asked["PropertyFile"]["Get"])
            _, step, _, name = parse_path(about)
            text = self._property_file(str(step), str(name))
        else:
            about = str(self.resolve(asked["S3Uri"]))
            text = self._read(about)
        try:
            found = json.loads(text)
        except ValueError as error:
            raise Unresolved(f"{about} is no JSON: {error}") from error
        return dig(found, parse_path(str(asked["Path"])), f"{asked['Path']} in {about}")


def references(value: Any) -> Iterator[str]:
    """Every path that stands in a ``Get``."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        if set(value) == {"Get"}:
            yield str(value["Get"])
        else:
            for item in value.values():
                yield from references(item)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | list | dict) else str(value)
