"""``train``: the channels train and (optional) validation in, a model out, a line of metrics every few rounds.

What goes wrong stands in ``/opt/ml/output/failure``, which SageMaker tells as the job's FailureReason.
"""

import json
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from .data import Refusal, channel
from .model import FACTS, MODEL

ML = Path("/opt/ml")
STEP = 10  # rounds between two lines of metrics

#: Name: default and the range that makes sense. SageMaker hands all values over as texts.
HYPERPARAMETERS: dict[str, tuple[float, float, float]] = {
    "max_iter": (200, 1, 10_000),
    "learning_rate": (0.1, 1e-6, 1),
    "max_leaf_nodes": (15, 2, 4096),
    "min_samples_leaf": (20, 1, 1_000_000),
    "l2_regularization": (0.0, 0, 1e6),
    "early_stopping_rounds": (50, 1, 10_000),
    "seed": (1, 0, 2**31),
}
WHOLE = frozenset({"max_iter", "max_leaf_nodes", "min_samples_leaf", "early_stopping_rounds", "seed"})


def main() -> int:
    """Train; 1 with the reason in ``output/failure`` when that cannot be done."""
    try:
        train()
    except Exception as error:
        if not isinstance(error, Refusal):
            traceback.print_exc()
        (ML / "output").mkdir(parents=True, exist_ok=True)
        (ML / "output" / "failure").write_text(str(error) or repr(error))
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def train() -> None:
    """Train with what ``input/config`` says."""
    config = ML / "input" / "config"
    told = {name: json.loads((config / f"{name}.json").read_text())
            for name in ("resourceconfig", "hyperparameters", "inputdataconfig")}  # fmt: skip
    if (hosts := len(told["resourceconfig"]["hosts"])) > 1:
        raise Refusal(f"This algorithm trains on one instance, not on {hosts}")
    values = hyperparameters(told["hyperparameters"])
    if "train" not in told["inputdataconfig"]:
        raise Refusal("Missing required channel: train")
    names = [name for name in ("train", "validation") if name in told["inputdataconfig"]]
    channels = {name: channel(ML / "input" / "data" / name) for name in names}
    widths = {name: features.shape[1] for name, (features, _) in channels.items()}
    if len(set(widths.values())) > 1:
        raise Refusal(f"The channel validation has {widths['validation']} features, train has {widths['train']}")
    print(f"train has {len(channels['train'][1])} rows and {widths['train']} features", flush=True)
    model = boost(channels, values)
    (ML / "model" / MODEL).write_bytes(model)
    facts = {"scikit_learn": sklearn.__version__, "features": widths["train"]}
    (ML / "model" / FACTS).write_text(json.dumps(facts))


def hyperparameters(given: dict[str, str]) -> dict[str, Any]:
    """Return all values, checked.

    :raises Refusal: for an unknown one, or one out of range.
    """
    given = {name: text for name, text in given.items() if not name.startswith("_tuning")}  # a tuning job's own
    chosen: dict[str, Any] = {name: default for name, (default, _, _) in HYPERPARAMETERS.items()}
    for name, text in given.items():
        if name not in HYPERPARAMETERS:
            raise Refusal(f"Unknown hyperparameter {name}. Known: {', '.join(sorted(HYPERPARAMETERS))}")
        _, low, high = HYPERPARAMETERS[name]
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high or (name in WHOLE and value != int(value)):
            kind = "a whole number" if name in WHOLE else "a number"
            raise Refusal(f"Hyperparameter {name}: '{text}' is not {kind} from {low:g} to {high:g}")
        chosen[name] = value
    return {name: int(value) if name in WHOLE else value for name, value in chosen.items()}


def boost(channels: dict[str, tuple[Any, Any]], values: dict[str, Any]) -> bytes:
    """Return the pickled model of the best round; without a validation channel of the last one."""
    known = {
        name: values[name] for name in ("learning_rate", "max_leaf_nodes", "min_samples_leaf", "l2_regularization")
    }
    # SageMaker's channel decides when to stop, not a part that scikit-learn would split off.
    model = HistGradientBoostingClassifier(**known, early_stopping=False, warm_start=True, random_state=values["seed"])
    best_round, best_auc, best = 0, float("-inf"), b""
    for done in range(STEP, values["max_iter"] + STEP, STEP):
        rounds = min(done, values["max_iter"])
        model.set_params(max_iter=rounds).fit(*channels["train"])
        aucs = {name: roc_auc_score(labels, model.predict_proba(features)[:, 1])
                for name, (features, labels) in channels.items()}  # fmt: skip
        print("\t".join([f"[{rounds}]", *(f"{name}-auc:{value:.5f}" for name, value in aucs.items())]), flush=True)
        now = aucs.get("validation", float(rounds))
        if now > best_auc:
            best_round, best_auc, best = rounds, now, pickle.dumps(model)
        elif rounds - best_round >= values["early_stopping_rounds"]:
            break
    return best
