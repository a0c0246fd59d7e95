"""Judge a challenger, the live champion and plain popularity on the same held-out events (a processing job).

``python3 evaluate.py --examples DIR --challenger model.tar.gz [--champion model.tar.gz] --output DIR`` writes
``evaluation.json``. The champion knows users and items by numbers of its own, so it is asked by their ids; what it does
not know it ranks as it would in production: for an unknown user by popularity, an unknown item behind all others.
Models are read as data: no code of an archive is run.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from artefact import Artefact, load_archive
from examples import Examples, read
from job import JobError, run
from model import scores
from ranking import Candidates, quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNKNOWN = -1


def main() -> None:
    """Evaluate as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=Path, required=True, help="output of the preprocessing step")
    parser.add_argument("--challenger", type=Path, required=True, help="model.tar.gz of the new model")
    parser.add_argument("--champion", type=Path, help="model.tar.gz of the live model, if there is one")
    parser.add_argument("--output", type=Path, required=True, help="folder for evaluation.json")
    parser.add_argument("--k", type=int, default=10, help="length of the ranking")
    options = parser.parse_args()
    torch.set_num_threads(1)
    examples = read(options.examples)
    challenger = load_archive(options.challenger)
    champion = load_archive(options.champion) if options.champion else None
    report = evaluation(examples, challenger, champion, options.k)
    options.output.mkdir(parents=True, exist_ok=True)
    part = options.output / "evaluation.json.part"
    part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    os.replace(part, options.output / "evaluation.json")
    print(json.dumps(report))


def evaluation(examples: Examples, challenger: Artefact, champion: Artefact | None, k: int) -> dict[str, Any]:
    """What goes into evaluation.json."""
    test = examples.test.decidable(k)
    if not len(test):
        raise JobError(
            f"No test row has {k} negatives or more, so every ranking would be a hit at {k}. Remedy: a larger "
            f"catalogue (it has {len(examples.items)} items) or a smaller --k."
        )
    popularity = examples.popularity[test.items].astype(np.float64)
    return {
        "partition_users": len(test),
        "challenger": _judged(challenger, examples, test, k),
        "champion": _judged(champion, examples, test, k) if champion else None,
        "baseline": _figures(popularity, test, k),
        "baseline_name": "popularity",
        "k": k,
        "negatives": test.negatives.shape[1],
        "rows_left_out": len(examples.test) - len(test),
    }


def _judged(artefact: Artefact, examples: Examples, test: Candidates, k: int) -> dict[str, float]:
    users = _numbers(examples.users, artefact.users)[test.user]
    items = _numbers(examples.items, artefact.items)[test.items]
    figures = _figures(_scores(artefact, users, items), test, k)
    return {**figures, "known_users": _share(users), "known_positives": _share(items[:, 0])}


def _scores(artefact: Artefact, users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = artefact.popularity.numpy()[items.clip(min=0)].astype(np.float64)
    known = users != _UNKNOWN
    rows = torch.from_numpy(users[known]), torch.from_numpy(items[known].clip(min=0))
    if known.any():
        found[known] = scores(artefact.model, *rows).numpy()
    found[items == _UNKNOWN] = -np.inf
    return found


def _figures(found: NDArray[np.float64], test: Candidates, k: int) -> dict[str, float]:
    try:
        judged = quality(found, test, k)
    except ValueError as error:
        raise JobError(f"{error} Remedy: train again with a smaller lr.") from error
    return {f"hr@{k}": round(judged.hit_rate, 6), f"ndcg@{k}": round(judged.ndcg, 6)}


def _numbers(ids: list[str], known: list[str]) -> NDArray[np.int64]:
    """The number that another vocabulary gives to each of the ids."""
    number = {name: position for position, name in enumerate(known)}
    return np.array([number.get(name, _UNKNOWN) for name in ids], dtype=np.int64)


def _share(numbers: NDArray[np.int64]) -> float:
    return round(float((numbers != _UNKNOWN).mean()), 6)


if __name__ == "__main__":
    run(main, "message")
