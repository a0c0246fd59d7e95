"""CSV as numbers: no header, an empty field is a missing value, and what is wrong is named by row and column."""

import csv
import io
import math
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

Matrix = Any


class Refusal(Exception):
    """The caller's fault: the message goes to FailureReason, or into a 400, as it is."""


def table(content: bytes, where: str) -> list[list[str]]:
    """Return rows of texts, all of the same length.

    :param where: names the source in errors.
    :raises Refusal: for a row of another length.
    """
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal(f"{where}: it is no CSV: {error}") from None
    width = len(rows[0]) if rows else 0
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise Refusal(f"{where}: row {number} has {len(row)} columns, row 1 has {width}")
    return rows


def numbers(content: bytes, where: str) -> Matrix:
    """Return a matrix of float64.

    :param where: names the source in errors.
    :raises Refusal: for a row of another length, or a field that is no finite number.
    """
    rows = table(content, where)
    try:
        values = np.array([float(field) if field else math.nan for field in chain.from_iterable(rows)])
    except ValueError:
        raise _no_number(rows, where) from None
    matrix = values.reshape(len(rows), len(rows[0]) if rows else 0)
    if not np.isfinite(values).sum() == sum(map(bool, chain.from_iterable(rows))):
        raise _no_number(rows, where)
    return matrix


def _no_number(rows: list[list[str]], where: str) -> Refusal:
    """The first field that is neither empty nor a finite number."""
    for number, row in enumerate(rows, 1):
        for column, field in enumerate(row, 1):
            if field and not _is_finite(field):
                shown = f'"{field[:40]}"'
                return Refusal(f"{where}: row {number}, column {column}: {shown} is no number")
    raise AssertionError("every field is a number")


def _is_finite(field: str) -> bool:
    try:
        return math.isfinite(float(field))
    except ValueError:
        return False


def files_of(folder: Path) -> list[Path]:
    """Return the files of a channel that hold something.

    :raises Refusal: when there are none.
    """
    listed = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] not in "._")
    files = [path for path in listed if path.stat().st_size]
    if not files:
        raise Refusal(f"The channel {folder.name} holds no rows")
    return files


def channel(folder: Path) -> tuple[Matrix, Matrix]:
    """Return features and labels of a channel's files.

    :raises Refusal: naming file, row and column.
    """
    name, files = folder.name, files_of(folder)
    tables = [_labelled(path, f"{name}/{path.relative_to(folder)}") for path in files]
    widths = {table.shape[1]: path.name for table, path in zip(tables, files, strict=True)}
    if len(widths) > 1:
        told = ", ".join(f"{file} has {width} columns" for width, file in sorted(widths.items()))
        raise Refusal(f"The files of the channel {name} differ: {told}")
    rows = np.concatenate(tables)
    if rows.shape[1] < 2:
        raise Refusal(f"The channel {name} has one column: the first must be the label, features follow")
    if len(classes := np.unique(rows[:, 0])) < 2:
        raise Refusal(f"The channel {name} has one class only: every label is {classes[0]:g}")
    return rows[:, 1:], rows[:, 0]


def _labelled(path: Path, where: str) -> Matrix:
    table = numbers(path.read_bytes(), where)
    wrong = np.flatnonzero(~np.isin(table[:, 0], (0.0, 1.0)))
    if len(wrong):
        label = table[wrong[0], 0]
        told = "missing" if math.isnan(label) else f"{label:g}"
        raise Refusal(f"{where}: row {wrong[0] + 1}, column 1: the label is {told}, not 0 or 1")
    return table
