"""Rows as the warehouse gave them, and the numbers that a model sees of them.

An encoding lists the model's columns in order: ``{"name", "kind": "number"}``, or ``{"name", "kind": "category",
"values": {text: number}, "other": number}``. An empty field is a missing value; a text that is not listed is ``other``.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .data import Matrix, Refusal, files_of, table

Encoding = list[dict[str, Any]]


@dataclass(frozen=True)
class Rows:
    """Labels, and the texts of each column by its name."""

    labels: Any
    columns: dict[str, tuple[str, ...]]


def read_encoding(path: Path) -> Encoding:
    """Return the columns of an encoding.

    :raises Refusal: when there is none.
    """
    try:
        columns: Encoding = json.loads(path.read_text(encoding="utf-8"))["columns"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path} is no encoding: {error}. Remedy: run the Spark job again.") from None
    return columns


def read_rows(folder: Path, encoding: Encoding) -> Rows:
    """Return the rows of a folder: the label, then the encoding's columns, as texts.

    :raises Refusal: when there are none, they have other columns, or they are of one class.
    """
    rows: list[list[str]] = []
    for path in files_of(folder):
        read = table(path.read_bytes(), where := f"{folder.name}/{path.relative_to(folder)}")
        if len(read[0]) != len(encoding) + 1:
            raise Refusal(f"{where} has {len(read[0])} columns, its encoding {len(encoding) + 1} with the label")
        for number, row in enumerate(read, 1):
            if row[0] not in ("0", "1"):
                raise Refusal(f'{where}: row {number}, column 1: the label is "{row[0][:40]}", not 0 or 1')
        rows += read
    labels, *columns = zip(*rows, strict=True)
    if len(classes := set(labels)) < 2:
        raise Refusal(f"{folder.name} has one class only: every label is {classes.pop()}")
    names = [column["name"] for column in encoding]
    return Rows(np.array(labels) == "1", dict(zip(names, columns, strict=True)))


def encode(rows: Rows, encoding: Encoding) -> Matrix:
    """Return what a model sees of rows; a column that the rows do not have is missing throughout.

    :raises Refusal: for a text where the encoding has a number.
    """
    return np.array([_numbers(rows, column) for column in encoding]).T.reshape(len(rows.labels), len(encoding))


def _numbers(rows: Rows, column: dict[str, Any]) -> list[float]:
    texts = rows.columns.get(column["name"], ("",) * len(rows.labels))
    if column["kind"] == "category":
        values, other = column["values"], column["other"]
        return [values.get(text, other) if text else math.nan for text in texts]
    try:
        return [float(text) if text else math.nan for text in texts]
    except ValueError as error:
        raise Refusal(
            f"The column {column['name']} was a number for this model, and is text in the rows: {error}. Remedy: "
            "select the text under another name; to the former model the number is then missing."
        ) from None
