"""Draw items that a user has not had."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Unseen:
    """Uniform draws from the items that a user has not had: exact, and without trying again.

    Drawing any item and trying again when the user has it never ends for a user who has them all. Instead the
    r-th unseen item is looked up: before the k-th item that the user has (k from 0, items in order) lie as many
    unseen ones as its number minus k, so the r-th unseen item is r plus the number of items the user has for which
    that count is at most r. One binary search finds it, in memory that grows with the interactions only.
    """

    def __init__(self, user: Ints, item: Ints, users: int, items: int) -> None:
        pairs = np.unique(user * items + item)
        owner, had = np.divmod(pairs, items)
        count = np.bincount(owner, minlength=users)
        self._first = np.concatenate(([0], np.cumsum(count)[:-1]))
        unseen_before = had - (np.arange(len(pairs)) - self._first[owner])
        self._stride = items + 1
        self._keys = owner * self._stride + unseen_before
        #: Of each user, how many items there are to draw from.
        self.left: Ints = items - count

    def draw(self, user: Ints, count: int, random: np.random.Generator) -> Ints:
        """Items for each of the users (rows), ``count`` a user, with replacement.

        Every one of the users must have an item left.
        """
        owner = np.repeat(user, count)
        nth = (random.random(len(owner)) * self.left[owner]).astype(np.int64)
        had_before = np.searchsorted(self._keys, owner * self._stride + nth, side="right") - self._first[owner]
        return (nth + had_before).reshape(len(user), count)
