"""Reading a file of interactions: a CSV or Parquet of ``user_id``, ``item_id`` and ``occurred_at``, or a clear no."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from yard.errors import YardError

COLUMNS = ("user_id", "item_id", "occurred_at")
#: What a varchar(256) of the warehouse holds, in bytes.
_LONGEST_ID = 256
_WANTED = "Wanted is a CSV (also .gz, .bz2, .xz, .zst) or a Parquet file with columns user_id, item_id, occurred_at."


def read(path: Path) -> pd.DataFrame:
    """Read and check a file.

    Ids are texts, also where they look like numbers; a missing one stays missing: what to do with such an event is the
    pipeline's decision, not the loader's. Times without a zone are UTC's.

    :returns: the three columns, ``occurred_at`` as ``datetime64[us]`` in UTC without a zone.
    :raises YardError: naming file, row and column of what is wrong.
    """
    if not path.is_file():
        raise YardError(f"There is no file {path}.", _WANTED)
    parquet = _is_parquet(path)
    try:
        frame = _read_parquet(path) if parquet else _read_csv(path)
    except (OSError, EOFError, ValueError, pa.ArrowException) as error:  # pandas' parser errors are ValueErrors
        raise YardError(f"{path} cannot be read: {error}.", _WANTED) from error
    frame["occurred_at"] = _times(frame["occurred_at"], path, 0 if parquet else 2)
    for column in ("user_id", "item_id"):
        frame[column] = _ids(frame[column], path, 0 if parquet else 2)
    if frame.empty:
        raise YardError(f"{path} holds no rows.", _WANTED)
    return frame


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read_csv(path: Path) -> pd.DataFrame:
    header = list(pd.read_csv(path, nrows=0).columns)
    _check_columns(header, path)
    # Only the empty field is missing: a user called "NA" or "null" is a user.
    frame = pd.read_csv(path, usecols=list(COLUMNS), dtype="str", keep_default_na=False, na_values=[""])
    return frame[list(COLUMNS)]


def _read_parquet(path: Path) -> pd.DataFrame:
    _check_columns(pq.read_schema(path).names, path)
    frame: pd.DataFrame = pq.read_table(path, columns=list(COLUMNS)).to_pandas()
    return frame


def _check_columns(found: list[str], path: Path) -> None:
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise YardError(f"{path} lacks the column {', '.join(missing)}; it has {', '.join(map(str, found))}.", _WANTED)


def _times(column: "pd.Series[pd.Timestamp]", path: Path, first_row: int) -> "pd.Series[pd.Timestamp]":
    if pd.api.types.is_numeric_dtype(column):
        raise YardError(f"{path}: occurred_at holds numbers, not times.", "Write times, e.g. 2026-02-02 17:30:00.")
    times = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    wrong = times.isna()
    if wrong.any():
        at = int(wrong.to_numpy().argmax())
        shown = "empty" if pd.isna(column.iloc[at]) else repr(str(column.iloc[at]))
        raise YardError(
            f"{path}, row {at + first_row}, column occurred_at: {shown} is not a time"
            f" ({int(wrong.sum()):,} such rows of {len(column):,}).",
            "Write times as ISO 8601 has them, e.g. 2026-02-02 17:30:00 or 2026-02-02T17:30:00Z.",
        )
    return times.dt.tz_localize(None).astype("datetime64[us]")


def _ids(column: "pd.Series[str]", path: Path, first_row: int) -> "pd.Series[str]":
    texts = column.astype("str").where(column.notna(), None)
    # Only ids long enough to be suspicious are measured in bytes: a character takes at most four.
    suspects = texts[texts.str.len().gt(_LONGEST_ID // 4).fillna(value=False)]
    for at, text in suspects.items():
        if len(text.encode()) > _LONGEST_ID:
            raise YardError(
                f"{path}, row {int(str(at)) + first_row}, column {column.name}: an id of {len(text.encode())} bytes; "
                f"the warehouse's column holds {_LONGEST_ID}."
            )
    return texts
