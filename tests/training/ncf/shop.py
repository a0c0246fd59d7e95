"""A made-up shop in the form of the channel ``examples``: small, and with something to learn."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from examples import Examples, read
from hyperparameters import Hyperparameters

SMALL = Hyperparameters(epochs=3, batch_size=512, factor_num=8, num_layers=2, lr=0.02, weight_decay=0.0)


@dataclass
class Shop:
    """Columns of the four parts of the channel."""

    train: dict[str, Any]
    test: dict[str, Any]
    users: dict[str, Any]
    items: dict[str, Any]
    schemas: dict[str, pa.Schema] = field(default_factory=dict)

    @classmethod
    def of_two_tastes(cls, users: int = 120, items: int = 60, events: int = 12, seed: int = 0) -> Shop:
        """Users with even numbers like even items, the others odd ones; no item is more popular than another."""
        random = np.random.default_rng(seed)
        liked = [random.permutation(np.arange(user % 2, items, 2))[: events + 1] for user in range(users)]
        negatives = [
            random.choice(np.setdiff1d(np.arange(items), liked[user]), 30, replace=False) for user in range(users)
        ]
        return cls(
            train={
                "user": np.repeat(np.arange(users, dtype=np.int32), events),
                "item": np.concatenate([row[:-1] for row in liked]).astype(np.int32),
                "position": np.tile(np.arange(events, dtype=np.int32), users),
            },
            test={
                "user": np.arange(users, dtype=np.int32),
                "positive": np.array([row[-1] for row in liked], dtype=np.int32),
                "negatives": pa.array([row.astype(np.int32) for row in negatives]),
            },
            users={"user": np.arange(users, dtype=np.int32), "user_id": [f"søren-{number}" for number in range(users)]},
            items={
                "item": np.arange(items, dtype=np.int32),
                "item_id": [f"東京-{number}" for number in range(items)],
                "count": np.full(items, 1, dtype=np.int64),
            },
        )

    def write(self, folder: Path) -> Path:
        """Write the channel, in two files where there is enough, and with Spark's marker beside them."""
        for name in ("train", "test", "users", "items"):
            table = pa.table(getattr(self, name), schema=self.schemas.get(name))
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / "_SUCCESS").touch()
            half = table.num_rows // 2
            pq.write_table(table.slice(0, half), folder / name / "part-00000.snappy.parquet")
            pq.write_table(table.slice(half), folder / name / "part-00001.snappy.parquet")
        return folder

    def examples(self) -> Examples:
        """The channel as the job reads it."""
        with TemporaryDirectory() as folder:
            return read(self.write(Path(folder)))
