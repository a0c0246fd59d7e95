"""Hit rate and NDCG, with the cases in which they are easily made too good."""

import math

import numpy as np
import pytest
from ranking import ABSENT, Candidates, quality


def candidates(positive: int, negatives: list[int]) -> Candidates:
    return Candidates(np.array([0]), np.array([positive]), np.array([negatives]))


def test_the_place_of_the_positive_decides() -> None:
    row = candidates(9, [0, 1, 2, 3])
    found = quality(np.array([[0.5, 0.9, 0.1, 0.7, 0.2]]), row, k=3)
    assert found.hit_rate == 1
    assert found.ndcg == pytest.approx(1 / math.log2(4))
    assert quality(np.array([[0.5, 0.9, 0.1, 0.7, 0.2]]), row, k=2).hit_rate == 0


def test_the_mean_is_over_users() -> None:
    rows = Candidates(np.array([0, 1]), np.array([9, 9]), np.array([[1, 2], [1, 2]]))
    found = quality(np.array([[1.0, 0.5, 0.2], [0.1, 0.5, 0.2]]), rows, k=1)
    assert (found.hit_rate, found.ndcg) == (0.5, 0.5)


def test_the_positive_once_more_among_the_negatives_does_not_count_against_it() -> None:
    assert quality(np.array([[0.5, 0.5, 0.4]]), candidates(7, [7, 3]), k=1).ndcg == 1


def test_a_model_that_scores_everything_alike_is_not_good() -> None:
    row = candidates(0, list(range(1, 100)))
    assert quality(np.zeros((1, 100)), row, k=10).hit_rate == 0


def test_absent_negatives_do_not_compete() -> None:
    row = candidates(5, [1, ABSENT, ABSENT])
    assert row.items.tolist() == [[5, 1, 0, 0]]
    assert quality(np.array([[0.5, 0.4, 0.9, 0.9]]), row, k=1).hit_rate == 1


def test_rows_that_cannot_miss_are_not_counted() -> None:
    rows = Candidates(np.array([0, 1]), np.array([5, 5]), np.array([[1, 2, 3], [1, 5, ABSENT]]))
    assert rows.decidable(3).user.tolist() == [0]
    assert rows.decidable(1).user.tolist() == [0, 1]


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        quality(np.array([[math.nan, 0.4]]), candidates(5, [1]), k=1)
