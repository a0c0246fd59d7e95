"""The area under the ROC curve, against its definition."""

import numpy as np
import pytest
from auc import auc
from job import JobError


def pairs(labels: np.ndarray, scores: np.ndarray) -> float:
    """How often a positive is ranked before a negative, pair by pair."""
    positive, negative = scores[labels], scores[~labels]
    wins = (positive[:, None] > negative[None, :]).mean()
    return float(wins + (positive[:, None] == negative[None, :]).mean() / 2)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_share_of_pairs_in_the_right_order_with_ties_for_half(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels, scores = random.integers(0, 2, 200).astype(bool), random.integers(0, 12, 200).astype(float)
    assert auc(labels, scores) == pytest.approx(pairs(labels, scores), abs=1e-12)


def test_perfect_reversed_and_constant() -> None:
    labels = np.array([False, False, True, True])
    assert auc(labels, np.array([0.1, 0.2, 0.3, 0.4])) == 1
    assert auc(labels, np.array([0.4, 0.3, 0.2, 0.1])) == 0
    assert auc(labels, np.zeros(4)) == 0.5


def test_a_missing_score_stands_below_all_others() -> None:
    assert auc(np.array([False, True, True]), np.array([np.nan, -1e30, 5.0])) == 1


@pytest.mark.parametrize(("label", "word"), [(True, 1), (False, 0)])
def test_rows_of_one_class_have_none(label: bool, word: int) -> None:
    with pytest.raises(JobError, match=f"all 3 rows are labelled {word}"):
        auc(np.full(3, label), np.array([0.1, 0.2, 0.3]))
