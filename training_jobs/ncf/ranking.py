"""How good a ranking is: hit rate and NDCG of one positive among sampled negatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Stands in a row of negatives where there is none.
ABSENT = -1


@dataclass(frozen=True)
class Candidates:
    """For each of n users the item that was held out, and up to m sampled items that the user has not had."""

    user: Ints
    positive: Ints
    #: n rows of m; rows with fewer are filled up with ABSENT.
    negatives: Ints

    def __len__(self) -> int:
        return len(self.user)

    @property
    def items(self) -> Ints:
        """One row a user: 1 + m item numbers, the positive first; ABSENT ones are 0, so that they can be looked up."""
        return np.concatenate([self.positive[:, None], self.negatives], axis=1).clip(min=0)

    @property
    def rivals(self) -> NDArray[np.bool_]:
        """Which negatives compete: those that are there and are not the positive once more."""
        rivals: NDArray[np.bool_] = (self.negatives != ABSENT) & (self.negatives != self.positive[:, None])
        return rivals

    def decidable(self, k: int) -> Candidates:
        """The rows that say something about the top k: with fewer than k rivals every ranking is a hit."""
        keep = self.rivals.sum(axis=1) >= k
        return Candidates(self.user[keep], self.positive[keep], self.negatives[keep])


@dataclass(frozen=True)
class Quality:
    """Mean hit rate and mean NDCG over users."""

    hit_rate: float
    ndcg: float


def quality(scores: NDArray[np.floating], candidates: Candidates, k: int) -> Quality:
    """Hit rate at k and NDCG at k of scores for ``candidates.items``.

    A rival with the positive's own score counts half: a model that scores everything alike must not look good.

    Raises:
        ValueError: when a score is not a number; comparing with it would count as a hit.
    """
    if np.isnan(scores).any():
        raise ValueError("A score is not a number (NaN): the model has diverged.")
    positive, others, rivals = scores[:, :1], scores[:, 1:], candidates.rivals
    rank = ((others > positive) & rivals).sum(axis=1) + ((others == positive) & rivals).sum(axis=1) / 2
    hit = rank < k
    return Quality(float(hit.mean()), float(np.where(hit, 1 / np.log2(rank + 2), 0.0).mean()))
