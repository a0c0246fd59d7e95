"""Made-up leads: the same for the same arguments, and with the properties that make them worth learning from."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from yard.leads import truth
from yard.leads.generate import generate
from yard.leads.table import LEADS

END = date(2026, 6, 1)
ROWS = 60_000


@pytest.fixture(scope="module")
def leads() -> pd.DataFrame:
    return generate(rows=ROWS, weeks=26, end=END, seed=42)


@pytest.fixture(scope="module")
def known(leads: pd.DataFrame) -> pd.DataFrame:
    return leads[leads["converted"].notna()]


def test_it_has_the_columns_of_the_warehouse_in_their_order(leads: pd.DataFrame) -> None:
    assert list(leads.columns) == list(LEADS.columns)
    assert len(leads) == ROWS
    assert leads["lead_id"].is_unique
    assert leads["created_at"].is_monotonic_increasing


def test_the_same_arguments_make_the_same_leads_and_another_seed_others() -> None:
    first, second, third = (generate(rows=2_000, weeks=4, end=END, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, second)
    assert not first["job"].equals(third["job"])


def test_every_day_of_every_week_has_leads_and_nothing_lies_outside(leads: pd.DataFrame) -> None:
    days = leads["created_at"].dt.normalize()
    assert days.min() == pd.Timestamp("2025-12-01")
    assert days.max() == pd.Timestamp("2026-05-31")
    assert days.nunique() == 26 * 7


@pytest.mark.parametrize("end", [date(2026, 1, 5), date(2026, 4, 6), date(2026, 7, 6), date(2026, 10, 5)])
def test_whatever_the_season_about_a_ninth_converts_and_a_model_can_tell_much_but_not_all(end: date) -> None:
    leads = generate(rows=ROWS, weeks=26, end=end, seed=42)
    assert leads["converted"].mean() == pytest.approx(0.11, abs=0.01)
    assert 0.84 < truth.best_auc(leads) < 0.89


def test_outcomes_of_the_newest_three_days_are_not_known_yet(leads: pd.DataFrame) -> None:
    newest = leads["created_at"] >= pd.Timestamp("2026-05-29")
    assert newest.any()
    for column in ("converted", "duration"):
        assert (leads[column].isna() == newest).all()


def test_it_is_as_dirty_as_real_data(leads: pd.DataFrame) -> None:
    assert 0.02 < leads["age"].isna().mean() < 0.06
    assert 0 < leads["education"].isna().mean() < 0.05
    jobs = set(leads["job"])
    assert 'self-employed, "other"' in jobs
    assert not all(job.isascii() for job in jobs)


def test_every_text_fits_the_warehouses_column(leads: pd.DataFrame) -> None:
    for column in LEADS.columns:
        if longest := LEADS.longest(column):
            assert max(len(str(text).encode()) for text in leads[column].unique()) <= longest


def test_who_was_never_called_before_has_the_number_that_says_so(leads: pd.DataFrame) -> None:
    called = leads["pdays"] != truth.NEVER
    assert (leads.loc[called, "poutcome"] == "success").all()
    assert (leads.loc[leads["poutcome"] == "nonexistent", "previous"] == 0).all()
    assert (leads.loc[leads["poutcome"] != "nonexistent", "previous"] > 0).all()


def test_the_length_of_the_call_gives_the_outcome_away(known: pd.DataFrame) -> None:
    outcome = known["converted"].to_numpy(dtype=np.int64)
    assert truth.auc(outcome, known["duration"].to_numpy(dtype=np.float64)) > 0.8


def test_no_single_column_tells_nearly_as_much_as_all(known: pd.DataFrame) -> None:
    """So that a model has something to win over the best single column."""
    outcome = known["converted"].to_numpy(dtype=np.int64)
    best = truth.auc(outcome, truth.probability(known))
    for column in set(LEADS.columns) - {"lead_id", "created_at", "duration", "converted"}:
        rates = known.groupby(known[column].fillna(known[column].mode()[0]))["converted"].mean()
        score = known[column].map(rates.to_dict()).fillna(0).to_numpy(dtype=np.float64)
        assert truth.auc(outcome, score) < best - 0.1, column


def test_the_season_moves_everybody(known: pd.DataFrame) -> None:
    by_rate = known.groupby(pd.qcut(known["euribor3m"], 4))["converted"].mean()
    assert by_rate.iloc[0] > 2 * by_rate.iloc[-1]


def test_effects_depend_on_one_another(known: pd.DataFrame) -> None:
    """A mortgage tells more of the young than of the others."""
    free, young = known["housing_loan"] == "no", known["age"] < 30

    def rate(chosen: "pd.Series[bool]") -> float:
        return float(known.loc[chosen.fillna(value=False), "converted"].mean())

    assert rate(young & free) / rate(young & ~free) > rate(~young & free) / rate(~young & ~free) + 0.1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"end": date(2026, 6, 2)}, "2026-06-02 is a Tuesday"), ({"rows": 100}, "200 leads in each"),
     ({"weeks": 0}, "there must be a week")],
)  # fmt: skip
def test_numbers_that_do_not_fit_together_are_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        generate(**{"rows": 2_000, "weeks": 4, "end": END, "seed": 3, **wrong})
