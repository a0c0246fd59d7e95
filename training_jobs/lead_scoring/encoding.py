"""Rows as the warehouse gave them, and the numbers that a model sees of them: what the Spark job does, on one machine.

An encoding lists the model's columns in order: ``{"name", "kind": "number"}``, or ``{"name", "kind": "category",
"values": {text: number}, "other": number}``. An empty field is a missing value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from job import JobError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LABEL = "label"
Encoding = list[dict[str, Any]]


def read_encoding(path: Path) -> Encoding:
    """The encoding of a file.

    :raises JobError: when there is none.
    """
    try:
        columns: Encoding = json.loads(path.read_text(encoding="utf-8"))["columns"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(f"{path} is no encoding: {error}. Remedy: run the Spark job again.") from error
    return columns


def read_rows(folder: Path, encoding: Encoding) -> pd.DataFrame:
    """The rows of a folder of CSV files without a header: the label, then the encoding's columns, all as texts.

    :raises JobError: when there are none, or they have other columns.
    """
    names = [LABEL, *(column["name"] for column in encoding)]
    files = sorted(path for path in folder.glob("*.csv") if path.stat().st_size)
    if not files:
        raise JobError(f"{folder} holds no rows. Remedy: run the Spark job again.")
    parts = [pd.read_csv(path, header=None, dtype=str, keep_default_na=False, na_values=[""]) for path in files]
    for path, part in zip(files, parts, strict=True):
        if part.shape[1] != len(names):
            raise JobError(f"{path} has {part.shape[1]} columns, its encoding {len(names)} with the label.")
    rows = pd.concat(parts, ignore_index=True)
    return rows.set_axis(names, axis=1)


def labels(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows are positive."""
    found: NDArray[np.bool_] = rows[LABEL].astype(float).to_numpy() == 1
    return found


def encode(rows: pd.DataFrame, encoding: Encoding) -> NDArray[np.float32]:
    """What a model sees of rows: rows x columns; a column that the rows do not have is missing throughout.

    :raises JobError: when a column of numbers holds text by now.
    """
    found = [_numbers(rows, column) for column in encoding]
    return np.column_stack(found) if found else np.empty((len(rows), 0), np.float32)


def numbers(rows: pd.DataFrame) -> NDArray[np.float32]:
    """What rows say that are encoded already: rows x columns, without the label."""
    found: NDArray[np.float32] = rows.drop(columns=LABEL).astype(np.float32).to_numpy()
    return found


def _numbers(rows: pd.DataFrame, column: dict[str, Any]) -> NDArray[np.float32]:
    name = column["name"]
    if name not in rows:
        return np.full(len(rows), np.nan, np.float32)
    if column["kind"] == "number":
        try:
            found: NDArray[np.float32] = rows[name].astype(np.float32).to_numpy()
        except ValueError as error:
            raise JobError(
                f"The column {name} was a number for this model, and is text in the rows: {error}. Remedy: select the "
                "text under another name; to the former model the number is then missing."
            ) from error
        return found
    known = rows[name].map(column["values"]).fillna(column["other"])
    found = known.where(rows[name].notna()).astype(np.float32).to_numpy()
    return found
