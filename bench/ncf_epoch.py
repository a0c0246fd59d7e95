"""One epoch of NCF training (factor 32, 3 layers, 4 negatives) beside a DataLoader that serves sample by sample.

    python -m bench.ncf_epoch [--rows 1000209] [--steps 400] [--batch-size N] [--python PATH]

Both train on the same made-up shop of MovieLens-1M's size, with one thread, in one process. Ours is measured over a
whole epoch, negatives and all. The baseline is what NCF ports do (a Python loop that draws negatives and checks each,
samples served one by one, batches of 256, both embeddings concatenated for every sample, Adam) and is measured over
``--steps`` steps and as much sampling, from which the epoch is extrapolated. Prints CPU seconds of both and the
ratio baseline/ours; higher is better. Needs torch: ``--python`` names an interpreter that has it, by default that of
the PyTorch image's environment, which local_aws makes at its first training job.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "training_jobs" / "ncf"), str(ROOT)]

if TYPE_CHECKING:
    from examples import Examples

USERS, ITEMS = 6_040, 3_706


def shop(rows: int) -> Examples:
    """Made-up events, each user-item pair once, in the form the trainer reads."""
    from examples import Events, Examples
    from ranking import Candidates

    from yard.shop.generate import generate

    frame = generate(rows, USERS, ITEMS, weeks=26, end=date(2026, 6, 1), seed=7).dropna()
    frame = frame.drop_duplicates(["user_id", "item_id"])
    users, items = sorted(set(frame.user_id)), sorted(set(frame.item_id))
    user, item = (
        frame[column].map({name: number for number, name in enumerate(names)}).to_numpy(np.int64)
        for column, names in (("user_id", users), ("item_id", items))
    )
    nothing = Candidates(*(np.empty(0, np.int64),) * 2, np.empty((0, 0), np.int64))
    return Examples(users, items, Events(user, item, np.arange(len(user))), nothing)


def ours(examples: Examples, batch_size: int | None) -> float:
    """CPU seconds of a whole epoch."""
    from fit import Epochs
    from hyperparameters import Hyperparameters
    from model import NeuMF

    options = Hyperparameters(**({"batch_size": batch_size} if batch_size else {}))
    model = NeuMF(len(examples.users), len(examples.items), options.factor_num, options.num_layers)
    epochs = Epochs(model, examples.train, examples, options)
    started = process_time()
    loss = epochs.run(1)
    seconds = process_time() - started
    print(f"ours: {seconds:.1f} CPU seconds for an epoch (batch size {options.batch_size}, loss {loss:.4f})")
    return seconds


def baseline(examples: Examples, steps: int) -> float:
    """CPU seconds of an epoch, from as many steps and the sampling of as many samples."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader

    batch, negatives = 256, 4
    train = examples.train
    events = list(zip(train.user.tolist(), train.item.tolist(), strict=True))
    had = set(events)
    share = min(1.0, steps * batch / (len(events) * (1 + negatives)))
    model = _per_sample()(len(examples.users), len(examples.items))
    optimizer, lossy = torch.optim.Adam(model.parameters(), lr=0.001), nn.BCEWithLogitsLoss()
    started = process_time()
    samples = []
    for user, item in events[: round(len(events) * share)]:
        samples.append((user, item, 1.0))
        for _ in range(negatives):
            other = np.random.randint(len(examples.items))
            while (user, other) in had:
                other = np.random.randint(len(examples.items))
            samples.append((user, other, 0.0))
    for user, item, taken in DataLoader(samples, batch_size=batch, shuffle=True):
        model.zero_grad()
        lossy(model(user, item), taken.float()).backward()
        optimizer.step()
    seconds = (process_time() - started) / share
    print(f"baseline: {seconds:.1f} CPU seconds for an epoch, from {share:.2%} of one")
    return seconds


def _per_sample() -> Any:
    import torch
    from torch import nn

    class PerSample(nn.Module):  # type: ignore[misc]  # torch lives in the job's environment
        """NeuMF as the ports write it: every sample passes through every layer."""

        def __init__(self, users: int, items: int, factors: int = 32) -> None:
            super().__init__()
            wide = factors * 4
            self.tables = nn.ModuleList(
                nn.Embedding(rows, width) for width in (factors, wide) for rows in (users, items)
            )
            layers = [(2 * wide, wide), (wide, wide // 2), (wide // 2, factors)]
            self.mlp = nn.Sequential(*(part for shape in layers for part in (nn.Linear(*shape), nn.ReLU())))
            self.last = nn.Linear(2 * factors, 1)

        def forward(self, user: Any, item: Any) -> Any:
            user_gmf, item_gmf, user_mlp, item_mlp = self.tables
            hidden = self.mlp(torch.cat([user_mlp(user), item_mlp(item)], dim=-1))
            return self.last(torch.cat([user_gmf(user) * item_gmf(item), hidden], dim=-1)).view(-1)

    return PerSample


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_209)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--python", type=Path)
    options = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        sys.exit(subprocess.run([_torch_python(options.python), __file__, *sys.argv[1:]], check=False).returncode)
    import torch

    torch.set_num_threads(1)
    examples = shop(options.rows)
    print(f"{len(examples.train)} events of {len(examples.users)} users and {len(examples.items)} items, one thread")
    ratio = baseline(examples, options.steps) / ours(examples, options.batch_size)
    print(f"ratio baseline/ours: {ratio:.1f}")


def _torch_python(given: Path | None) -> Path:
    made = sorted((ROOT / ".trainyard" / "local_aws" / "environments").glob("pytorch-*/bin/python"))
    if given is None and not made:
        sys.exit("There is no environment with torch yet: run a training job first, or name one with --python.")
    return given or made[-1]


if __name__ == "__main__":
    main()
