"""Fit a NeuMF model: epochs over freshly drawn negatives, judged on a held-out event of each user."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from job import JobError
from model import NeuMF, scores
from ranking import Candidates, Quality, quality
from sampling import Unseen
from torch.nn.functional import binary_cross_entropy_with_logits

if TYPE_CHECKING:
    from checkpoint import Checkpoint
    from examples import Events, Examples
    from hyperparameters import Hyperparameters

_VALIDATION_NEGATIVES = 99
_WARM_UP = 0.05


@dataclass
class Best:
    """The epoch with the best NDCG on the validation split, and its weights."""

    epoch: int
    quality: Quality
    loss: float
    weights: dict[str, Any]


def fit(examples: Examples, options: Hyperparameters, checkpoint: Checkpoint | None = None) -> Best:
    """Train for all epochs; return the best one.

    Raises:
        JobError: when the examples leave nothing to learn from or to judge by, or when training diverges.
    """
    torch.manual_seed(options.seed)
    learn, validation = hold_out(examples, options)
    model = NeuMF(len(examples.users), len(examples.items), options.factor_num, options.num_layers, options.dropout)
    epochs = Epochs(model, learn, examples, options)
    best: Best | None = None
    done = 0
    if checkpoint:
        done, best = checkpoint.restore(model, epochs.optimizer)
    for epoch in range(done + 1, options.epochs + 1):
        started = process_time()
        loss = epochs.run(epoch)
        seconds = process_time() - started
        found = judge(model, validation, options.top_k)
        print(metrics(found, loss), f"epoch {epoch} of {options.epochs}, {seconds:.1f} CPU seconds", flush=True)
        if best is None or found.ndcg > best.quality.ndcg:
            best = Best(epoch, found, loss, {name: weight.clone() for name, weight in model.state_dict().items()})
        if checkpoint:
            checkpoint.save(model, epochs.optimizer, epoch, best)
    if best is None:
        raise AssertionError("there is at least one epoch: the hyperparameters are checked")
    return best


def metrics(found: Quality, loss: float) -> str:
    """The words in which SageMaker's metric definitions find the figures."""
    return f"HR={found.hit_rate:.4f}; NDCG={found.ndcg:.4f}; Loss={loss:.4f};"


def hold_out(examples: Examples, options: Hyperparameters) -> tuple[Events, Candidates]:
    """Take each user's last event of train away to judge by; the test set is not looked at."""
    train = examples.train
    order = np.lexsort((train.position, train.user))
    last = np.append(train.user[order][1:] != train.user[order][:-1], True)
    only = last & np.insert(last, 0, True)[:-1]
    held = np.zeros(len(train), dtype=bool)
    held[order[last & ~only]] = True
    seen = Unseen(train.user, train.item, len(examples.users), len(examples.items))
    judged = train.where(held & (seen.left[train.user] > 0))
    negatives = seen.draw(judged.user, _VALIDATION_NEGATIVES, np.random.default_rng(options.seed))
    validation = Candidates(judged.user, judged.item, negatives)
    if not len(validation):
        raise JobError(
            "No user has two events in train and an item left that was not theirs: there is nothing to judge epochs "
            "by. Remedy: bring more interactions, or ones of a larger catalogue."
        )
    return train.where(~held), validation


def judge(model: NeuMF, candidates: Candidates, k: int) -> Quality:
    """Hit rate and NDCG at k of the model's ranking."""
    found = scores(model, torch.from_numpy(candidates.user), torch.from_numpy(candidates.items))
    return quality(found.numpy(), candidates, k)


class Epochs:
    """Passes over the events, each event in a row with negatives of its own, drawn anew in each pass."""

    def __init__(self, model: NeuMF, learn: Events, examples: Examples, options: Hyperparameters) -> None:
        self._model = model
        self._options = options
        self._unseen = Unseen(learn.user, learn.item, len(examples.users), len(examples.items))
        # Nothing can be drawn beside an event of a user who has every item.
        self._events = learn.where(self._unseen.left[learn.user] > 0)
        if not len(self._events):
            raise JobError(
                "Every user in train has every item: there are no negatives to learn from. Remedy: bring "
                "interactions of a larger catalogue."
            )
        if len(self._events) < len(learn):
            print(f"{len(learn) - len(self._events)} events of users who have every item are left out")
        self._steps = math.ceil(len(self._events) * (1 + options.num_ng) / options.batch_size)
        tables = model.embeddings()
        rest = [weight for weight in model.parameters() if all(weight is not table for table in tables)]
        groups = [{"params": tables, "weight_decay": options.weight_decay}, {"params": rest}]
        self.optimizer = torch.optim.Adam(groups, lr=options.lr, fused=True)

    def run(self, epoch: int) -> float:
        """One pass; returns the mean loss of a sample. The draws depend on seed and epoch alone."""
        random = np.random.default_rng([self._options.seed, epoch])
        torch.manual_seed(self._options.seed + epoch)
        self._model.train()
        total = torch.zeros(())
        for step, batch in enumerate(np.array_split(random.permutation(len(self._events)), self._steps)):
            self._set_learning_rate((epoch - 1) * self._steps + step)
            total += self._step(batch, random) * len(batch)
        loss: float = total.item() / len(self._events)
        if not math.isfinite(loss):
            raise JobError(f"Training diverged: the loss of epoch {epoch} is {loss}. Remedy: a smaller lr.")
        return loss

    def _step(self, batch: np.ndarray, random: np.random.Generator) -> torch.Tensor:
        user, item = self._events.user[batch], self._events.item[batch]
        negatives = self._unseen.draw(user, self._options.num_ng, random)
        items = torch.from_numpy(np.concatenate([item[:, None], negatives], axis=1))
        taken = torch.zeros(items.shape)
        taken[:, 0] = 1
        loss = binary_cross_entropy_with_logits(self._model(torch.from_numpy(user), items), taken)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def _set_learning_rate(self, step: int) -> None:
        progress = step / (self._steps * self._options.epochs)
        warm = min(1.0, (step + 1) / (self._steps * self._options.epochs * _WARM_UP))
        for group in self.optimizer.param_groups:
            group["lr"] = self._options.lr * warm * (1 + math.cos(math.pi * progress)) / 2
