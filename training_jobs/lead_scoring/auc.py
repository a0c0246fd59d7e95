"""The area under the ROC curve: how often a positive is ranked before a negative, a tie counting half."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from job import JobError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def auc(labels: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """The AUC by the rank sum (Mann and Whitney 1947). A missing score stands below all others.

    :param labels: which rows are positive.
    :param scores: one for each row.
    :raises JobError: when all rows are of one class.
    """
    positives = int(labels.sum())
    if positives in (0, len(labels)):
        raise JobError(
            f"There is no AUC: all {len(labels)} rows are labelled {min(positives, 1)}. Remedy: test on rows of both."
        )
    found = np.where(np.isnan(scores), -np.inf, scores)
    values, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    del values
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2  # of each value, counted from 1
    rank_sum = float(mean_ranks[inverse][labels].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))
