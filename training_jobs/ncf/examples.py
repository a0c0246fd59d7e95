"""Read what the preprocessing step wrote: the channel ``examples``.

``train/`` (user, item, position: 0 is a user's oldest event), ``test/`` (user, positive, negatives: a list),
``users/`` (user, user_id) and ``items/`` (item, item_id), each a folder of Parquet files. Users and items are
numbered from 0 without gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from job import JobError
from ranking import ABSENT, Candidates, Ints

if TYPE_CHECKING:
    from pathlib import Path

_REMEDY = "Remedy: check the output of the preprocessing step and the S3 address of the channel."


@dataclass(frozen=True)
class Events:
    """Who had what, and in which order."""

    user: Ints
    item: Ints
    position: Ints

    def __len__(self) -> int:
        return len(self.user)

    def where(self, keep: np.ndarray) -> Events:
        """Some of the events."""
        return Events(self.user[keep], self.item[keep], self.position[keep])


@dataclass(frozen=True)
class Examples:
    """The channel's content; number n of a user or item is its index in ``users`` or ``items``."""

    users: list[str]
    items: list[str]
    train: Events
    test: Candidates

    @property
    def popularity(self) -> Ints:
        """How often each item stands in train."""
        return np.bincount(self.train.item, minlength=len(self.items))


def read(folder: Path) -> Examples:
    """Read the channel and check it.

    Raises:
        JobError: when a part is missing, empty, or not what it should be.
    """
    users, items = (_ids(folder / f"{kind}s", kind) for kind in ("user", "item"))
    train = _read(folder / "train", ["user", "item", "position"])
    events = Events(*(_numbers(train, name, folder / "train") for name in ("user", "item", "position")))
    test = _read(folder / "test", ["user", "positive", "negatives"])
    user, positive = (_numbers(test, name, folder / "test") for name in ("user", "positive"))
    candidates = Candidates(user, positive, _padded(test.column("negatives"), folder / "test"))
    for where, what, numbers, known in (
        ("train", "user", events.user, users),
        ("train", "item", events.item, items),
        ("test", "user", candidates.user, users),
        ("test", "positive", candidates.positive, items),
        ("test", "negatives", candidates.items, items),
    ):
        _in_range(folder / where, what, numbers, len(known))
    return Examples(users, items, events, candidates)


def _read(folder: Path, columns: list[str]) -> pa.Table:
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise JobError(f"{folder} holds no Parquet file: this part of the channel is missing or empty. {_REMEDY}")
    try:
        table = pa.concat_tables([pq.read_table(file) for file in files])
    except (pa.ArrowException, OSError) as error:
        raise JobError(f"{folder} cannot be read: {error}. {_REMEDY}") from error
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise JobError(f"{folder} has no column {', '.join(missing)}; it has {table.column_names}. {_REMEDY}")
    if not table.num_rows:
        raise JobError(f"{folder} has no rows: there is nothing to learn from. {_REMEDY}")
    for name in columns:
        if table.column(name).null_count:
            raise JobError(f"{folder}: column {name} has {table.column(name).null_count} nulls. {_REMEDY}")
    return table


def _numbers(table: pa.Table, name: str, folder: Path) -> Ints:
    column = table.column(name)
    if not pa.types.is_integer(column.type):
        raise JobError(f"{folder}: column {name} holds {column.type}, not integers. {_REMEDY}")
    numbers: Ints = column.to_numpy().astype(np.int64)
    return numbers


def _ids(folder: Path, kind: str) -> list[str]:
    table = _read(folder, [kind, f"{kind}_id"])
    numbers = _numbers(table, kind, folder)
    order = np.argsort(numbers, kind="stable")
    if not np.array_equal(numbers[order], np.arange(len(numbers))):
        raise JobError(f"{folder}: column {kind} must number its rows 0 to {len(numbers) - 1}, each once. {_REMEDY}")
    return [str(value) for value in table.column(f"{kind}_id").take(pa.array(order)).to_pylist()]


def _padded(column: pa.ChunkedArray, folder: Path) -> Ints:
    lists = column.combine_chunks()
    if not (pa.types.is_list(lists.type) and pa.types.is_integer(lists.type.value_type)):
        raise JobError(f"{folder}: column negatives holds {lists.type}, not lists of integers. {_REMEDY}")
    if isinstance(lists, pa.ChunkedArray):  # older pyarrow keeps the chunks of nested columns
        lists = pa.concat_arrays(lists.chunks)
    lengths = lists.value_lengths().to_numpy()
    padded = np.full((len(lists), lengths.max()), ABSENT, dtype=np.int64)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = lists.flatten().to_numpy()
    return padded


def _in_range(folder: Path, what: str, numbers: np.ndarray, known: int) -> None:
    wrong = numbers[(numbers < 0) | (numbers >= known)]
    if len(wrong):
        raise JobError(
            f"{folder}: {len(wrong)} values of {what} are out of range, such as {wrong[0]}; "
            f"there are {known} (0 to {known - 1}). {_REMEDY}"
        )
