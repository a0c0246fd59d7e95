"""Judge a challenger, the live champion and the best single column on the same held-out leads (a processing job).

``python3 evaluate.py --examples DIR --challenger model.tar.gz [--champion model.tar.gz --champion-encoding FILE]
--output DIR`` writes ``evaluation.json``. The test rows are as they came from the warehouse, so each model sees them
through the encoding that it was trained with. Models are read as data: no code of an archive is run.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xgboost
from archive import boosted_trees
from auc import auc
from encoding import Encoding, encode, labels, numbers, read_encoding, read_rows
from job import JobError, run

if TYPE_CHECKING:
    import pandas as pd


def main() -> None:
    """Evaluate as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=Path, required=True, help="output of the preprocessing step")
    parser.add_argument("--challenger", type=Path, required=True, help="model.tar.gz of the new model")
    parser.add_argument("--champion", type=Path, help="model.tar.gz of the live model, if there is one")
    parser.add_argument("--champion-encoding", type=Path, help="the encoding that it was trained with")
    parser.add_argument("--output", type=Path, required=True, help="folder for evaluation.json")
    options = parser.parse_args()
    if options.champion and not options.champion_encoding:
        raise JobError("The champion has no --champion-encoding. Remedy: register it with the encoding of its run.")
    encoding = read_encoding(options.examples / "encoding" / "encoding.json")
    test = read_rows(options.examples / "test", encoding)
    champion = (options.champion, read_encoding(options.champion_encoding)) if options.champion else None
    report = {
        "challenger": judged(options.challenger, encoding, test),
        "champion": judged(*champion, test) if champion else None,
        **baseline(options.examples / "train", test, encoding),
        "rows": len(test),
        "positives": int(labels(test).sum()),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    part = options.output / "evaluation.json.part"
    part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    os.replace(part, options.output / "evaluation.json")
    print(json.dumps(report))


def judged(archive: Path, encoding: Encoding, test: pd.DataFrame) -> dict[str, float]:
    """The AUC of a model on the test rows."""
    model = boosted_trees(archive)
    seen = encode(test, encoding)
    if model.num_features() != seen.shape[1]:
        raise JobError(
            f"The model of {archive} knows {model.num_features()} columns, its encoding {seen.shape[1]}: they are "
            "not of one run. Remedy: register a model with the encoding of its own run."
        )
    scores = model.predict(xgboost.DMatrix(seen), validate_features=False)
    return {"auc": round(auc(labels(test), scores), 6)}


def baseline(train: Path, test: pd.DataFrame, encoding: Encoding) -> dict[str, Any]:
    """The AUC of the single column that orders the train rows best, up or down: what one needs no model for."""
    learned = read_rows(train, encoding)
    known, found = labels(learned), numbers(learned)
    ordered = [auc(known, found[:, place]) for place in range(len(encoding))]
    best = max(range(len(ordered)), key=lambda place: abs(ordered[place] - 0.5))
    figure = auc(labels(test), encode(test, encoding)[:, best])
    figure = figure if ordered[best] >= 0.5 else 1 - figure
    return {"baseline": {"auc": round(figure, 6)}, "baseline_name": f"{encoding[best]['name']} alone"}


if __name__ == "__main__":
    run(main, "message")
