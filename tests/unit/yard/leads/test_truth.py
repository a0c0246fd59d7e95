"""The known probability, and the best that a model can do by it."""

import hashlib
from datetime import date

import numpy as np
import pandas as pd
import pytest

from yard.leads import truth
from yard.leads.generate import generate


@pytest.fixture(scope="module")
def leads() -> pd.DataFrame:
    return generate(rows=20_000, weeks=10, end=date(2026, 6, 1), seed=3)


def test_auc_is_the_share_of_pairs_in_the_right_order_with_ties_counted_half() -> None:
    outcome = np.array([1, 0, 1, 0])
    assert truth.auc(outcome, np.array([0.9, 0.1, 0.4, 0.4])) == (1 + 1 + 1 + 0.5) / 4
    assert truth.auc(outcome, np.zeros(4)) == 0.5


def test_auc_of_one_class_does_not_exist() -> None:
    with pytest.raises(ValueError, match="needs leads that converted and leads that did not"):
        truth.auc(np.ones(3, dtype=np.int64), np.arange(3.0))


def share(lead: str) -> int:
    return int(hashlib.md5(lead.encode(), usedforsecurity=False).hexdigest()[:8], 16) % 100


def test_the_tests_leads_are_those_of_the_warehouses_own_hash() -> None:
    """STRTOL(LEFT(MD5(lead_id), 8), 16) % 100 >= 85."""
    assert share("lead-000104") == 85
    assert truth.is_for_test("lead-000104")
    assert share("lead-000031") == 84
    assert not truth.is_for_test("lead-000031")
    assert np.mean([truth.is_for_test(f"lead-{number}") for number in range(20_000)]) == pytest.approx(0.15, abs=0.01)


def test_the_probability_is_calibrated(leads: pd.DataFrame) -> None:
    known = leads[leads["converted"].notna()]
    chance = truth.probability(known)
    for part in np.array_split(np.argsort(chance), 5):
        expected, spread = chance[part].mean(), 4 * (chance[part].mean() / len(part)) ** 0.5
        assert known["converted"].iloc[part].mean() == pytest.approx(expected, abs=spread)


def test_it_does_not_look_at_what_is_known_only_afterwards(leads: pd.DataFrame) -> None:
    blind = leads.drop(columns=["duration", "converted"])
    np.testing.assert_array_equal(truth.probability(leads), truth.probability(blind))


def test_what_is_missing_has_its_own_effect_and_never_spoils_the_number(leads: pd.DataFrame) -> None:
    gone = leads.assign(**{name: None for name in leads.columns if name not in {"lead_id", "created_at"}})
    for frame in (leads, gone.astype(leads.dtypes.drop(["lead_id", "created_at"]).to_dict())):
        chance = truth.probability(frame)
        assert np.isfinite(chance).all()
        assert ((chance > 0) & (chance < 1)).all()


def test_the_best_auc_is_that_of_the_probability_on_the_known_outcomes_of_the_test(leads: pd.DataFrame) -> None:
    held = leads[leads["converted"].notna() & leads["lead_id"].map(truth.is_for_test)]
    expected = truth.auc(held["converted"].to_numpy(dtype=np.int64), truth.probability(held))
    assert truth.best_auc(leads) == expected
