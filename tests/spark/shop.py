"""Interactions for the tests of Spark jobs, and what should become of them, worked out in plain Python."""

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet

Event = tuple[str | None, str | None, datetime | None]
START = datetime(2026, 1, 5)  # noqa: DTZ001 - a warehouse's TIMESTAMP has no zone


def at(minutes: int) -> datetime:
    """A time, so many minutes into the test's week."""
    return START + timedelta(minutes=minutes)


def random_events(count: int, users: int, items: int, seed: int) -> list[Event]:
    """Events with popular and rare items, repeats and equal times."""
    chance = random.Random(seed)
    return [
        (f"u{int(users * chance.random() ** 2)}", f"i{int(items * chance.random() ** 2)}", at(chance.randrange(count)))
        for _ in range(count)
    ]


def write_parquet(path: Path, events: list[Event]) -> Path:
    """A file as UNLOAD writes it."""
    columns = dict(zip(("user_id", "item_id", "occurred_at"), zip(*events, strict=True), strict=True)) if events else {}
    schema = pyarrow.schema(
        [("user_id", pyarrow.string()), ("item_id", pyarrow.string()), ("occurred_at", pyarrow.timestamp("us"))]
    )
    arrays = [pyarrow.array(columns.get(field.name, ()), field.type) for field in schema]
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), path)
    return path


def core(events: list[Event], k: int) -> dict[tuple[str, str], datetime]:
    """The newest event of each pair in the k-core, found the slow and obvious way."""
    kept: dict[tuple[str, str], datetime] = {}
    for user, item, time in events:
        assert user is not None
        assert item is not None
        assert time is not None
        kept[user, item] = max(time, kept.get((user, item), time))
    while True:
        users, items = Counter(user for user, _ in kept), Counter(item for _, item in kept)
        smaller = {pair: time for pair, time in kept.items() if users[pair[0]] >= k and items[pair[1]] >= k}
        if len(smaller) == len(kept):
            return kept
        kept = smaller
