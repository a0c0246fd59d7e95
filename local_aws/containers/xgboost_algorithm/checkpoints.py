"""Checkpoints: a model after each round, so that a spot job goes on where it was."""

import os
import re
from pathlib import Path
from typing import Any

import xgboost

_NAME = re.compile(r"xgboost-checkpoint\.(\d+)")
_KEPT = 5


def newest(folder: Path) -> tuple[str | None, int]:
    """Return the newest checkpoint and how many rounds are in it; none and 0 at first."""
    found = sorted((int(match[1]), path) for path in folder.glob("*") if (match := _NAME.fullmatch(path.name)))
    return (str(found[-1][1]), found[-1][0] + 1) if found else (None, 0)


class SaveCheckpoint(xgboost.callback.TrainingCallback):  # type: ignore[misc,unused-ignore]  # untyped where it is not installed
    """Saves the model after each round, whole or not at all, and keeps the newest.

    :param done: rounds that were done before this training began; xgboost counts its own from 0.
    """

    def __init__(self, folder: Path, done: int) -> None:
        super().__init__()
        self._folder = folder
        self._done = done

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save round ``epoch``; never ends the training."""
        del evals_log
        part = self._folder / ".part"
        part.write_bytes(model.save_raw("ubj"))
        number = self._done + epoch
        os.replace(part, self._folder / f"xgboost-checkpoint.{number}")
        (self._folder / f"xgboost-checkpoint.{number - _KEPT}").unlink(missing_ok=True)
        return False


class SaveModel(xgboost.callback.TrainingCallback):  # type: ignore[misc,unused-ignore]  # untyped where it is not installed
    """Keeps the model of the newest round where the finished one will be: what a job that is stopped leaves."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save the model so far, whole or not at all; never ends the training."""
        del epoch, evals_log
        self._path.parent.mkdir(exist_ok=True)
        part = self._path.with_name(f".{self._path.name}")
        part.write_bytes(model.save_raw("ubj"))
        os.replace(part, self._path)
        return False
