"""``train``: channels in, ``xgboost-model`` out, a line of metrics a round."""

import json
import sys
from pathlib import Path
from typing import Any

import xgboost

from . import checkpoints, data, hyperparameters
from .errors import UserError

ML = Path("/opt/ml")
MODEL = "xgboost-model"


def main() -> int:
    """Train; 1 with the reason in ``output/failure`` when data or hyperparameters cannot be used."""
    try:
        train()
    except (UserError, xgboost.core.XGBoostError) as error:
        told = str(error).strip().splitlines()[-1] if isinstance(error, xgboost.core.XGBoostError) else str(error)
        (ML / "output").mkdir(parents=True, exist_ok=True)
        (ML / "output" / "failure").write_text(told)
        sys.stderr.write(f"{told}\n")
        return 1
    return 0


def train() -> None:
    """Train with what ``input/config`` says."""
    config = ML / "input" / "config"
    values = hyperparameters.read(json.loads((config / "hyperparameters.json").read_text()))
    channels: dict[str, dict[str, str]] = json.loads((config / "inputdataconfig.json").read_text())
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    matrices = {
        name: _channel(name, told, values) for name, told in channels.items() if name in ("train", "validation")
    }
    for name, matrix in matrices.items():
        print(f"{name} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns", flush=True)
    booster = _boost(values, matrices, _former(channels))
    (ML / "model").mkdir(exist_ok=True)
    (ML / "model" / MODEL).write_bytes(booster.save_raw("ubj"))


def _channel(name: str, told: dict[str, str], values: dict[str, Any]) -> Any:
    content_type = told.get("ContentType", "text/libsvm")
    return data.channel(ML / "input" / "data" / name, content_type, weighted=bool(values.get("csv_weights")))


def _former(channels: dict[str, Any]) -> str | None:
    """Return the model of the channel ``model``: training goes on from it."""
    if "model" not in channels:
        return None
    found = ML / "input" / "data" / "model" / MODEL
    if not found.is_file():
        raise UserError(f"The channel 'model' holds no {MODEL}: unpack the model.tar.gz of the former job.")
    return str(found)


def _boost(values: dict[str, Any], matrices: dict[str, Any], former: str | None) -> Any:
    folder = ML / "checkpoints"
    checkpoint, done = checkpoints.newest(folder)
    if checkpoint:
        print(f"Checkpoint loaded from {checkpoint}\nResuming from iteration {done}", flush=True)
    callbacks: list[Any] = [_Say(done)]
    if folder.is_dir():
        callbacks.append(checkpoints.SaveCheckpoint(folder, done))
    if "early_stopping_rounds" in values and "validation" in matrices:
        rounds = values["early_stopping_rounds"]
        callbacks.append(xgboost.callback.EarlyStopping(rounds, data_name="validation", save_best=True))
    known = {name: value for name, value in values.items() if name not in hyperparameters.OWN}
    metrics = {"eval_metric": values["eval_metric"]} if "eval_metric" in values else {}
    return xgboost.train(
        known | metrics,
        matrices["train"],
        num_boost_round=max(0, values["num_round"] - done),
        evals=[(matrix, name) for name, matrix in matrices.items()],
        xgb_model=checkpoint or former,
        callbacks=callbacks,
        verbose_eval=False,
    )


class _Say(xgboost.callback.TrainingCallback):  # type: ignore[misc,unused-ignore]  # untyped where it is not installed
    """Prints a round. CloudWatch Logs shows the TAB as ``#011``, and the metrics' regular expressions know that.

    :param done: rounds that were done before this training began; xgboost counts its own from 0.
    """

    def __init__(self, done: int) -> None:
        super().__init__()
        self._done = done

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Print round ``epoch``."""
        del model
        parts = [
            f"{name}-{metric}:{series[-1]:.5f}"
            for name, metrics in evals_log.items()
            for metric, series in metrics.items()
        ]
        print("\t".join([f"[{self._done + epoch}]", *parts]), flush=True)
        return False
