"""What a pipeline's definition knows only while it is carried out, written into requests as ``{{Path.To.It}}``.

A request of the house is a plain dict of texts and numbers. Made with such marks in the place of texts, it becomes the
arguments of a pipeline's step by ``bind``: so that a step asks for what the DAG's task asks for, and both are one code.

Source: the JSON schema of pipeline definitions (version 2020-12-01): ``Get``, ``Std:Join`` and ``Std:JsonGet``.
"""

from __future__ import annotations

import re
from typing import Any

_MARK = re.compile(r"\{\{([^{}]+)\}\}")


def mark(path: str) -> str:
    """Return the mark of a value, e.g. ``Parameters.Partition`` or ``Steps.Train.TrainingJobName``."""
    return "{{" + path + "}}"


def get(path: str) -> dict[str, str]:
    """Return a value as it is, in its own type."""
    return {"Get": path}


def joined(*values: Any) -> dict[str, Any]:
    """Return values as one text: of a number, too."""
    return {"Std:Join": {"On": "", "Values": list(values)}}


def figure(step: str, file: str, *keys: str) -> dict[str, Any]:
    """Return a figure of a JSON file that a Processing step left, as text.

    Args:
        step: the step's name.
        file: the name of its property file.
        keys: the way down in it. The last ones may hold ``@`` and other signs, so each is quoted.
    """
    where = {"Get": f"Steps.{step}.PropertyFiles.{file}"}
    path = keys[0] + "".join(f"['{key}']" for key in keys[1:])
    return joined({"Std:JsonGet": {"PropertyFile": where, "Path": path}})


def bind(value: Any) -> Any:
    """Return a request with its marks as what a definition writes in their place."""
    if isinstance(value, dict):
        return {key: bind(part) for key, part in value.items()}
    if isinstance(value, list):
        return [bind(part) for part in value]
    if not isinstance(value, str):
        return value
    texts = _MARK.split(value)  # text, path, text, path, ..., text
    if len(texts) == 1:
        return value
    parts = [get(text) if place % 2 else text for place, text in enumerate(texts) if text]
    return parts[0] if len(parts) == 1 else joined(*parts)
