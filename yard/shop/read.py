"""Reading a file of interactions: ``user_id``, ``item_id`` and ``occurred_at``, or a clear no."""

from pathlib import Path

import pandas as pd

from yard import columns
from yard.reading import inspect
from yard.shop.table import INTERACTIONS

_WANTED = "Wanted is a CSV (also .gz, .bz2, .xz, .zst) or a Parquet file with columns user_id, item_id, occurred_at."


def read(path: Path) -> pd.DataFrame:
    """Read and check a file.

    Ids are texts, also where they look like numbers; a missing one stays missing: what to do with such an event is the
    pipeline's decision, not the loader's. Times without a zone are UTC's.

    :returns: the three columns, ``occurred_at`` as ``datetime64[us]`` in UTC without a zone.
    :raises YardError: naming file, row and column of what is wrong.
    """
    file = inspect(path, INTERACTIONS.columns, _WANTED)
    frame: pd.DataFrame = file.read(list(INTERACTIONS.columns)).to_pandas()
    frame["occurred_at"] = columns.times(file, frame["occurred_at"])
    for column in ("user_id", "item_id"):
        frame[column] = columns.texts(file, frame[column], INTERACTIONS.longest(column) or 0)
    return frame
