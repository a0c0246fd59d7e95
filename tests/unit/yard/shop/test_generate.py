"""The made-up shop: the same for the same arguments, and with the properties that make it worth learning from."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from yard.shop.generate import COLUMNS, generate

END = date(2026, 6, 1)
ROWS = 60_000


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return generate(rows=ROWS, users=600, items=500, weeks=8, end=END, seed=3)


def test_it_has_the_columns_of_the_warehouse_and_the_rows_asked_for(shop: pd.DataFrame) -> None:
    assert tuple(shop.columns) == COLUMNS
    assert len(shop) == ROWS
    assert shop.occurred_at.dtype == "datetime64[us]"
    assert shop.occurred_at.is_monotonic_increasing


def test_the_same_arguments_make_the_same_shop_and_another_seed_another(shop: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(shop, generate(ROWS, 600, 500, 8, END, 3))
    assert not shop.item_id.equals(generate(ROWS, 600, 500, 8, END, 4).item_id)


def test_every_week_has_its_share_and_nothing_lies_outside(shop: pd.DataFrame) -> None:
    assert shop.occurred_at.min() >= pd.Timestamp("2026-04-06")
    assert shop.occurred_at.max() < pd.Timestamp(END)
    a_week = shop.occurred_at.dt.to_period("W-SUN").value_counts()
    assert len(a_week) == 8
    assert a_week.min() > ROWS / 8 / 3


def test_it_is_as_dirty_as_real_data(shop: pd.DataFrame) -> None:
    assert 0 < shop.user_id.isna().mean() < 0.005
    assert 0 < shop.item_id.isna().mean() < 0.005
    assert 0 < shop.duplicated().mean() < 0.01
    for ids in (shop.user_id, shop.item_id):
        assert 0 < (~ids.dropna().map(str.isascii)).mean() < 0.1


def test_apart_from_repeats_a_user_takes_an_item_once(shop: pd.DataFrame) -> None:
    once = shop.dropna().drop_duplicates()
    assert not once.duplicated(["user_id", "item_id"]).any()


def test_some_items_and_some_users_have_many_times_the_events_of_others(shop: pd.DataFrame) -> None:
    for ids in (shop.user_id, shop.item_id):
        counts = ids.value_counts()
        assert counts.quantile(0.99) > 2 * counts.median()
        assert counts.quantile(0.99) > 3 * counts.quantile(0.05)


def test_taste_explains_what_popularity_cannot(shop: pd.DataFrame) -> None:
    """Rank one taken item of each user among 99 others: by popularity, and by what similar users took."""
    once = shop.dropna().drop_duplicates()
    taken = pd.crosstab(once.user_id, once.item_id).to_numpy(dtype=float, copy=True)
    random = np.random.default_rng(0)
    held = np.array([random.choice(np.flatnonzero(row)) for row in taken])
    taken[np.arange(len(taken)), held] = 0
    alike = taken @ taken.T
    alike /= np.sqrt(np.outer(taken.sum(axis=1), taken.sum(axis=1))) + 1
    np.fill_diagonal(alike, 0)
    by_taste = (alike**3) @ taken / taken.sum(axis=0).clip(min=1) ** 0.5
    by_popularity = np.tile(taken.sum(axis=0), (len(taken), 1))
    assert hit_rate(by_popularity, taken, held) < 0.4
    assert hit_rate(by_taste, taken, held) > hit_rate(by_popularity, taken, held) + 0.1


def hit_rate(scores: np.ndarray, taken: np.ndarray, held: np.ndarray) -> float:
    random = np.random.default_rng(1)
    hits = []
    for user, positive in enumerate(held):
        free = np.flatnonzero((taken[user] == 0) & (np.arange(taken.shape[1]) != positive))
        others = random.choice(free, 99, replace=False)
        hits.append((scores[user, others] > scores[user, positive]).sum() < 10)
    return float(np.mean(hits))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"end": date(2026, 6, 2)}, "2026-06-02 is a Tuesday"),
        ({"rows": 100}, "must be at least 400"),
        ({"rows": 200_000}, "at most 75000"),
        ({"users": 0}, "A shop needs users"),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        generate(**{"rows": ROWS, "users": 600, "items": 500, "weeks": 8, "end": END, "seed": 3, **wrong})
