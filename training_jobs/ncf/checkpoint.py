"""Checkpoints in ``/opt/ml/checkpoints``, which SageMaker copies to S3 and back: a spot job goes on where it was.

One file, replaced as a whole after each epoch. It names what it was made from; one that was made from other
hyperparameters or other examples is not used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import torch
from fit import Best
from job import JobError
from ranking import Quality

if TYPE_CHECKING:
    from pathlib import Path

    from model import NeuMF

_FILE = "ncf.pt"


class Checkpoint:
    """The state of a training job between two epochs.

    :param folder: SageMaker's checkpoint folder; must exist.
    :param made_from: what the state depends on, in any words; compared as a whole.
    """

    def __init__(self, folder: Path, made_from: str) -> None:
        self._file = folder / _FILE
        self._made_from = made_from

    def save(self, model: NeuMF, optimizer: torch.optim.Optimizer, epoch: int, best: Best) -> None:
        """Keep the state after an epoch."""
        state: dict[str, Any] = {
            "made_from": self._made_from,
            "epoch": epoch,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "best": (best.epoch, best.quality.hit_rate, best.quality.ndcg, best.loss, best.weights),
        }
        part = self._file.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self._file)

    def restore(self, model: NeuMF, optimizer: torch.optim.Optimizer) -> tuple[int, Best | None]:
        """Take up the kept state, if there is one; returns the number of epochs done and the best of them.

        Raises:
            JobError: when the file cannot be read.
        """
        if not self._file.exists():
            return 0, None
        try:
            state = torch.load(self._file, weights_only=True)
        except Exception as error:  # torch names no common class for the ways in which a file can be broken
            raise JobError(
                f"The checkpoint {self._file} cannot be read: {error}. Remedy: delete it; the job then starts anew."
            ) from error
        if state["made_from"] != self._made_from:
            print("The checkpoint was made from other hyperparameters or examples: starting anew", flush=True)
            return 0, None
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        epoch, hit_rate, ndcg, loss, weights = state["best"]
        print(f"Going on after epoch {state['epoch']} of the checkpoint", flush=True)
        return state["epoch"], Best(epoch, Quality(hit_rate, ndcg), loss, weights)
