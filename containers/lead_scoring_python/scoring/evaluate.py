"""``evaluate``: challenger, champion and the best single column, on the same held-out rows, into ``evaluation.json``.

The test rows are as they came from the warehouse, so each model sees them through the encoding that it was trained
with. What goes wrong stands in ``/opt/ml/output/message``, which SageMaker tells as the processing job's ExitMessage.
"""

import argparse
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from .data import Refusal, channel
from .encoding import Encoding, Rows, encode, read_encoding, read_rows
from .model import of_archive

MESSAGE = Path("/opt/ml/output/message")


def main() -> int:
    """Evaluate; 1 with the reason in ``output/message`` when that cannot be done."""
    parser = argparse.ArgumentParser(prog="evaluate")
    parser.add_argument("--examples", type=Path, required=True, help="output of the preprocessing step")
    parser.add_argument("--challenger", type=Path, required=True, help="model.tar.gz of the new model")
    parser.add_argument("--champion", type=Path, help="model.tar.gz of the live model, if there is one")
    parser.add_argument("--champion-encoding", type=Path, help="the encoding that it was trained with")
    parser.add_argument("--output", type=Path, required=True, help="folder for evaluation.json")
    options = parser.parse_args()
    try:
        report = evaluated(options)
        options.output.mkdir(parents=True, exist_ok=True)
        part = options.output / "evaluation.json.part"
        part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        os.replace(part, options.output / "evaluation.json")
    except Exception as error:
        if not isinstance(error, Refusal):
            traceback.print_exc()
        MESSAGE.parent.mkdir(parents=True, exist_ok=True)
        MESSAGE.write_text(str(error) or repr(error))
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    print(json.dumps(report), flush=True)
    return 0


def evaluated(options: argparse.Namespace) -> dict[str, Any]:
    """Return what ``evaluation.json`` holds.

    :raises Refusal: when something cannot be measured.
    """
    if options.champion and not options.champion_encoding:
        raise Refusal("The champion has no --champion-encoding. Remedy: register it with the encoding of its run.")
    encoding = read_encoding(options.examples / "encoding" / "encoding.json")
    test = read_rows(options.examples / "test", encoding)
    champion = None
    if options.champion:
        champion = judged(options.champion, "champion", read_encoding(options.champion_encoding), test)
    return {
        "challenger": judged(options.challenger, "challenger", encoding, test),
        "champion": champion,
        **baseline(options.examples / "train", test, encoding),
        "rows": len(test.labels),
        "positives": int(test.labels.sum()),
    }


def judged(archive: Path, role: str, encoding: Encoding, test: Rows) -> dict[str, float]:
    """Return the AUC of a model on the test rows."""
    model = of_archive(archive, role)
    if model.features != len(encoding):
        raise Refusal(
            f"The {role} knows {model.features} columns, its encoding {len(encoding)}: they are not of one run. "
            "Remedy: register a model with the encoding of its own run."
        )
    return {"auc": round(auc(test.labels, model.scores(encode(test, encoding))), 6)}


def baseline(train: Path, test: Rows, encoding: Encoding) -> dict[str, Any]:
    """Return the AUC of the single column that orders the train rows best, up or down: it needs no model."""
    features, labels = channel(train)
    if features.shape[1] != len(encoding):
        raise Refusal(f"train has {features.shape[1]} features, its encoding {len(encoding)} columns")
    ordered = [auc(labels, column) for column in features.T]
    best = max(range(len(encoding)), key=lambda place: abs(ordered[place] - 0.5))
    figure = auc(test.labels, encode(test, encoding)[:, best])
    figure = figure if ordered[best] >= 0.5 else 1 - figure
    return {"baseline": {"auc": round(figure, 6)}, "baseline_name": f"{encoding[best]['name']} alone"}


def auc(labels: Any, scores: Any) -> float:
    """Return the area under the ROC curve. A missing score stands below all others."""
    # scikit-learn takes no infinity; the places of the values in their order say the same.
    places = np.unique(np.where(np.isnan(scores), -np.inf, scores), return_inverse=True)[1]
    return float(roc_auc_score(labels, places))
