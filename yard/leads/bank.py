"""The UCI Bank Marketing file: its names, and the dates that it does not have.

S. Moro, P. Cortez, P. Rita, "A data-driven approach to predict the success of bank telemarketing", Decision Support
Systems 62 (2014); https://archive.ics.uci.edu/dataset/222 (CC BY 4.0). Its rows are "ordered by date (from May 2008 to
November 2010)", and each has its month.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from yard.leads.table import LEADS
from yard.reading import File

_RENAMED = {"credit_default": "default", "housing_loan": "housing", "personal_loan": "loan", "converted": "y"}
_MACRO = ("emp_var_rate", "cons_price_idx", "cons_conf_idx", "nr_employed")
_MADE = ("lead_id", "created_at")
_FIRST_YEAR, _LAST_YEAR = 2008, 2010
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}

#: Names in the file by our own; the two that it lacks are made.
COLUMNS = {
    name: _RENAMED.get(name, name.replace("_", ".") if name in _MACRO else name)
    for name in LEADS.columns
    if name not in _MADE
}


def is_it(names: Collection[str]) -> bool:
    """Whether a file with these columns is meant to be the bank's rather than one of ``marketing.leads``."""
    ours = {*LEADS.columns} & set(names)
    return len({*COLUMNS.values()} & set(names)) > len(ours)


def numbered(rows: int) -> "pd.Series[str]":
    """Ids in the order of the rows, ``lead-000001`` first: the same lead has the same id in every load."""
    return pd.Series([f"lead-{number:06d}" for number in range(1, rows + 1)], dtype="str")


def dated(file: File, month: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """When each lead came in: the rows of a month lie evenly spread over it, in their order.

    A year passes where the month goes backwards.

    :raises YardError: for a month that is none, and for rows that are not in the order of time.
    """
    number = month.map(_MONTHS)
    if number.isna().any():
        place = int(number.isna().to_numpy().argmax())
        raise file.wrong(place, "month", f"{month.iloc[place]!r} is no month", f"Months are {', '.join(_MONTHS)}.")
    months = number.to_numpy(dtype=np.int64)
    year = _FIRST_YEAR + np.cumsum(np.diff(months, prepend=months[0]) < 0)
    if year[-1] > _LAST_YEAR:
        place = int((year > _LAST_YEAR).argmax())
        what = f"{month.iloc[place]!r} comes after {month.iloc[place - 1]!r} for the third time"
        remedy = "The rows must be in the order of time, from May 2008 to November 2010: take bank-additional-full.csv."
        raise file.wrong(place, "month", what, remedy)
    start = pd.Series(pd.to_datetime(pd.DataFrame({"year": year, "month": months, "day": 1}))).astype("datetime64[us]")
    length = start.dt.days_in_month * 86_400
    stretch = start.groupby(start)
    share = (stretch.cumcount() + 0.5) / stretch.transform("size")
    return (start + pd.to_timedelta((share * length).astype("int64"), unit="s")).astype("datetime64[us]")
