"""Negatives are items that the user has not had, each as likely as the other."""

import numpy as np
from sampling import Unseen


def test_a_user_never_draws_what_they_have_and_can_draw_everything_else() -> None:
    random = np.random.default_rng(0)
    had = {user: random.choice(20, size, replace=False) for user, size in enumerate((1, 5, 19, 10))}
    user = np.concatenate([np.full(len(items), user) for user, items in had.items()])
    unseen = Unseen(user, np.concatenate(list(had.values())), users=4, items=20)
    drawn = unseen.draw(np.arange(4), 2000, random)
    for number, items in had.items():
        assert set(drawn[number]) == set(range(20)) - set(items)


def test_draws_are_uniform() -> None:
    unseen = Unseen(np.array([0, 0, 0]), np.array([0, 4, 9]), users=1, items=10)
    drawn = unseen.draw(np.array([0]), 70_000, np.random.default_rng(1))
    counts = np.bincount(drawn[0], minlength=10)[[1, 2, 3, 5, 6, 7, 8]]
    # Seven items, so 10,000 of each; five standard deviations are about 460.
    assert abs(counts - 10_000).max() < 500


def test_an_event_that_is_there_twice_counts_once() -> None:
    unseen = Unseen(np.array([0, 0, 0]), np.array([1, 1, 2]), users=1, items=4)
    assert unseen.left.tolist() == [2]
    assert set(unseen.draw(np.array([0]), 100, np.random.default_rng(2))[0]) == {0, 3}


def test_a_user_without_events_may_draw_anything_and_one_with_every_item_has_nothing_left() -> None:
    unseen = Unseen(np.array([1, 1, 1]), np.array([0, 1, 2]), users=3, items=3)
    assert unseen.left.tolist() == [3, 0, 3]
    assert set(unseen.draw(np.array([2]), 100, np.random.default_rng(3))[0]) == {0, 1, 2}
