"""``train``: channels in, ``xgboost-model`` out, a line of metrics a round."""

import hashlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import xgboost

from . import checkpoints, data, distributed, hyperparameters, labels
from .distributed import Told
from .errors import UserError

ML = Path("/opt/ml")
MODEL = "xgboost-model"


def main() -> int:
    """Train; 1 with the reason in ``output/failure`` when data or hyperparameters cannot be used."""
    try:
        train()
    except (UserError, xgboost.core.XGBoostError) as error:
        # To its own errors xgboost adds a trace of its library, which is not for people.
        told = " ".join(str(error).partition("Stack trace:")[0].split())
        (ML / "output").mkdir(parents=True, exist_ok=True)
        (ML / "output" / "failure").write_text(told)
        sys.stderr.write(f"{told}\n")
        _leave()
    except Exception:
        traceback.print_exc()
        _leave()
    return 0


def _leave() -> None:
    """End at once: at an orderly end xgboost would wait for the other hosts, and they for this one."""
    sys.stderr.flush()
    os._exit(1)


def train() -> None:
    """Train with what ``input/config`` says."""
    config = ML / "input" / "config"
    values = hyperparameters.read(json.loads((config / "hyperparameters.json").read_text()))
    told: dict[str, dict[str, str]] = json.loads((config / "inputdataconfig.json").read_text())
    resources = json.loads((config / "resourceconfig.json").read_text())
    if "train" not in told:
        raise UserError("Missing required channel: train")
    named = {name: one for name, one in told.items() if name in ("train", "validation")}
    found = {name: _channel(name, one, values) for name, one in named.items()}
    missing = [name for name, rows in found.items() if rows is None]
    hosts: list[str] = resources["hosts"]
    if missing and len(hosts) == 1:
        kind = {"train": "training"}.get(missing[0], missing[0])
        raise UserError(f"No data in {kind} channel path {ML}/input/data/{missing[0]}")
    for name in missing:
        print(f"Host {resources['current_host']} does not have data in the channel {name}.", flush=True)
    given = {name: rows for name, rows in found.items() if rows is not None}

    def together(group: list[Told], is_master: bool) -> None:
        _train(values, given, group, is_master=is_master, former=_former(told))

    distributed.run(_own(resources["current_host"], given, has_data=not missing), hosts, together)


def _own(host: str, given: dict[str, data.Rows], *, has_data: bool) -> Told:
    extremes = {name: (float(rows.labels.min()), float(rows.labels.max())) for name, rows in given.items()}
    return Told(host, has_data, max((rows.width for rows in given.values()), default=0), extremes)


def _train(
    values: dict[str, Any], given: dict[str, data.Rows], group: list[Told], *, is_master: bool, former: str | None
) -> None:
    """Train in the group that there is; every host has the same model at the end."""
    for name in given:
        extremes = [told.extremes[name] for told in group]
        labels.check_classes(name, min(low for low, _ in extremes), max(high for _, high in extremes), values)
    width = max(told.width for told in group)
    matrices = {name: _matrix(name, rows, width) for name, rows in given.items()}
    for name, matrix in matrices.items():
        print(f"{name} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns", flush=True)
    booster = _boost(values, matrices, former, is_master=is_master)
    model = bytes(booster.save_raw("ubj"))
    if len(group) > 1:
        print(f"Model after {booster.num_boosted_rounds()} rounds: {hashlib.sha256(model).hexdigest()}", flush=True)
    if is_master:
        (ML / "model").mkdir(exist_ok=True)
        (ML / "model" / MODEL).write_bytes(model)


def _matrix(name: str, rows: data.Rows, width: int) -> Any:
    matrix = rows.matrix(width)
    if matrix.num_col() != width:
        raise UserError(f"The channel {name} has {matrix.num_col()} features, another channel or host {width}.")
    return matrix


def _channel(name: str, told: dict[str, str], values: dict[str, Any]) -> data.Rows | None:
    content_type = told.get("ContentType", "text/libsvm")
    rule, weighted = labels.rule_for(values), bool(values.get("csv_weights"))
    return data.channel(ML / "input" / "data" / name, content_type, rule, weighted=weighted)


def _former(channels: dict[str, Any]) -> str | None:
    """Return the model of the channel ``model``: training goes on from it."""
    if "model" not in channels:
        return None
    found = ML / "input" / "data" / "model" / MODEL
    if not found.is_file():
        raise UserError(f"The channel 'model' holds no {MODEL}: unpack the model.tar.gz of the former job.")
    return str(found)


def _boost(values: dict[str, Any], matrices: dict[str, Any], former: str | None, *, is_master: bool) -> Any:
    folder = ML / "checkpoints"
    checkpoint, done = checkpoints.newest(folder)
    if checkpoint:
        print(f"Checkpoint loaded from {checkpoint}\nResuming from iteration {done}", flush=True)
    callbacks: list[Any] = []
    if is_master:
        # The metrics are those of all hosts together: one of them tells, and keeps the checkpoints.
        callbacks.append(_Say(done))
        if folder.is_dir():
            callbacks.append(checkpoints.SaveCheckpoint(folder, done))
        if values.get("save_model_on_termination") == "true":
            callbacks.append(checkpoints.SaveModel(ML / "model" / MODEL))
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
