"""The columns of a person's file as the warehouse's types, or a clear no that names row and column."""

from typing import Any

import numpy as np
import pandas as pd

from yard.reading import File

_INT_MOST = 2**31 - 1


def times(file: File, column: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Times in UTC without a zone, to the microsecond; those without a zone are UTC's.

    :raises YardError: for numbers, and for a row whose time is none or missing.
    """
    name = str(column.name)
    if pd.api.types.is_numeric_dtype(column):
        raise file.wrong(0, name, "numbers, not times", "Write times, e.g. 2026-02-02 17:30:00.")
    found = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    _refuse_first(
        file, column, found.isna(), "is not a time",
        "Write times as ISO 8601 has them, e.g. 2026-02-02 17:30:00 or 2026-02-02T17:30:00Z.",
    )  # fmt: skip
    return found.dt.tz_localize(None).astype("datetime64[us]")


def texts(file: File, column: "pd.Series[str]", longest: int) -> "pd.Series[str]":
    """Texts, also where they look like numbers; a missing one stays missing.

    :param longest: bytes that the warehouse's column holds.
    :raises YardError: for a text that it cannot hold.
    """
    found = column.astype("str").where(column.notna(), None)
    # Only texts long enough to be suspicious are measured in bytes: a character takes at most four.
    suspects = found[found.str.len().gt(longest // 4).fillna(value=False)]
    for place, text in suspects.items():
        if (length := len(text.encode())) > longest:
            what = f"a text of {length} bytes; the warehouse's column holds {longest}"
            raise file.wrong(int(str(place)), str(column.name), what)
    return found


def numbers(file: File, column: "pd.Series[str]", *, whole: bool) -> "pd.Series[Any]":
    """Finite numbers from texts; an empty one is missing.

    :param whole: whether they must be whole numbers that an ``int`` of the warehouse holds.
    :raises YardError: for anything else, ``NaN`` and ``Inf`` included.
    """
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    given = column.notna()
    _refuse_first(file, column, given & found.isna(), "is not a number", "Leave a field empty where nothing is known.")
    _refuse_first(file, column, found.abs() == np.inf, "is not finite", "Leave a field empty where nothing is known.")
    if not whole:
        return found
    _refuse_first(file, column, given & (found % 1 != 0), "is not a whole number")
    _refuse_first(file, column, found.abs() > _INT_MOST, "is larger than the warehouse's column holds")
    return found.astype("Int32")


def outcomes(file: File, column: "pd.Series[str]") -> "pd.Series[int]":
    """1 for yes, 0 for no, missing where the field is empty: not known yet.

    :raises YardError: for any other label, and when the known ones are not of both classes.
    """
    label = column.str.lower()
    found = label.map({"yes": 1, "no": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}).astype("Int16")
    remedy = "Write yes or no, 1 or 0, or nothing while the outcome is not known."
    _refuse_first(file, column, column.notna() & found.isna(), "is no outcome", remedy)
    classes = found.dropna().unique()
    if len(classes) < 2:
        only = f"only {column.dropna().iloc[0]!r}" if len(classes) else "nothing"
        raise file.wrong(0, str(column.name), f"from here to the end {only}; a model learns from both outcomes", remedy)
    return found


def unique(file: File, column: "pd.Series[str]") -> "pd.Series[str]":
    """Texts that are all there, and each once.

    :raises YardError: for a missing one, and for one that stood in a row before.
    """
    _refuse_first(file, column, column.isna(), "is no id")
    again = column.duplicated()
    if again.any():
        place = int(again.to_numpy().argmax())
        first = int((column == column.iloc[place]).to_numpy().argmax())
        what = f"{column.iloc[place]!r} stands in row {file.row(first)}, too; a lead has one row"
        raise file.wrong(place, str(column.name), what)
    return column


def _refuse_first(file: File, column: "pd.Series[Any]", wrong: "pd.Series[bool]", what: str, remedy: str = "") -> None:
    if not wrong.any():
        return
    place = int(wrong.to_numpy().argmax())
    shown = "empty" if pd.isna(column.iloc[place]) else repr(str(column.iloc[place]))
    many = f" ({int(wrong.sum()):,} such rows of {len(column):,})"
    raise file.wrong(place, str(column.name), f"{shown} {what}{many}", remedy)
