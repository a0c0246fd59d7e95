"""Reading a file of leads: the columns of ``marketing.leads``, or the UCI Bank Marketing file, or a clear no."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from yard import columns
from yard.leads import bank
from yard.leads.table import LEADS
from yard.reading import File, inspect

_WANTED = (
    "Wanted is a CSV (also .gz, .bz2, .xz, .zst) or a Parquet file with the columns of marketing.leads "
    f"({', '.join(LEADS.columns)}), or the UCI Bank Marketing file bank-additional-full.csv."
)


def read(path: Path) -> pd.DataFrame:
    """Read and check a file.

    What is not known is an empty field (in Parquet a null). The outcome is ``yes`` or ``no``, 1 or 0.

    :returns: the columns of ``marketing.leads``.
    :raises YardError: naming file, row and column of what is wrong.
    """
    file = inspect(path, {*LEADS.columns, *bank.COLUMNS.values()}, _WANTED)
    names = bank.COLUMNS if bank.is_it(file.names) else {name: name for name in LEADS.columns}
    found = file.read(list(names.values()))
    # One road for both kinds of file: a Parquet's values are brought to texts as a CSV's are texts already.
    frame = found.cast(pa.schema([(name, pa.string()) for name in found.column_names])).to_pandas()
    checked = {name: _checked(file, name, frame[theirs]) for name, theirs in names.items()}
    if names is bank.COLUMNS:
        checked |= {"lead_id": bank.numbered(len(frame)), "created_at": bank.dated(file, frame["month"])}
    return pd.DataFrame(checked)[list(LEADS.columns)]


def _checked(file: File, name: str, column: "pd.Series[str]") -> "pd.Series[Any]":
    """A column with the type that the warehouse has for it."""
    kind, longest = LEADS.columns[name], LEADS.longest(name)
    if name == "converted":
        return columns.outcomes(file, column)
    if longest:
        known = columns.unique(file, column) if name == "lead_id" else column
        return columns.texts(file, known, longest)
    return columns.times(file, column) if kind == "timestamp" else columns.numbers(file, column, whole=kind == "int")
