"""A made-up shop: who took which item when, as one could unload it from a warehouse.

Deterministic for its arguments. It has what makes real interactions hard and worth learning from: a few items that
everybody takes (a power law), tastes that popularity cannot explain (users and items lie in a latent space, and a user
takes what lies in the same direction), some users who are a thousand times as active as others, customers who join over
time, week-ends and evenings, and the usual dirt: events recorded twice, ids that are missing, ids outside ASCII.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

COLUMNS = ("user_id", "item_id", "occurred_at")

_DIMENSIONS = 16  # of the latent space of tastes
_TASTE = 2.2  # how much taste decides beside popularity; standard deviation of its part of the log-odds
_SKEW = 0.7  # exponent of the power law of popularity
_FLAT_HEAD = 15  # ranks over which the power law is flattened, so that no single item is in every basket
_ACTIVITY_SPREAD = 0.9  # standard deviation of the logarithm of a user's number of events
_MOST_OF_CATALOGUE = 0.5  # share of all items that one user can have
_RECORDED_TWICE = 0.004  # share of rows that repeat another
_ID_MISSING = 0.001  # share of rows without user_id, and of rows without item_id
_JOINED_LATER = 0.3  # share of users who joined after the first week
_GROWTH = 1.5  # events of the last week beside the first
_EVENTS_A_WEEK = 50  # least mean number, so that no week is empty by chance
_TINY = np.float32(1e-30)  # keeps the logarithm of a draw finite
_USERS_AT_ONCE = 500  # rows of the users x items matrix in memory

_BY_WEEKDAY = np.array([0.9, 0.9, 0.95, 1.0, 1.15, 1.3, 1.2])  # Monday first
_BY_HOUR = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 8, 7, 6, 6, 7, 8, 10, 12, 12, 10, 7, 4], dtype=np.float64)
_NAMES = {"user": ("josé", "Søren", "李", "Zoë"), "item": ("café", "größe", "東京", "crème brûlée")}
_NAMED = 97  # every so many-th id is one of those names


def generate(rows: int, users: int, items: int, weeks: int, end: date, seed: int) -> pd.DataFrame:
    """Rows of ``user_id``, ``item_id`` (text or missing) and ``occurred_at`` (UTC, without zone), oldest first.

    :param rows: of the table, repeated and broken ones included.
    :param users: size of the shop's customer base; a few of them may have no event.
    :param items: size of its catalogue. Time and memory grow with ``users`` x ``items``.
    :param weeks: calendar weeks with events, Monday to Sunday.
    :param end: the Monday after the last week.
    :param seed: another one makes another shop.
    :raises ValueError: when the numbers do not fit together.
    """
    _check(rows, users, items, weeks, end)
    random = np.random.default_rng(seed)
    repeated = int(rows * _RECORDED_TWICE)
    events = _events_of_users(random, rows - repeated, users, items)
    user = np.repeat(np.arange(users), events)
    item = _taken(random, events, items)
    second = _seconds(random, user, users, weeks)
    again = random.integers(0, len(user), repeated)
    rows_of = np.append(np.arange(len(user)), again)
    rows_of = rows_of[np.argsort(second[rows_of], kind="stable")]
    start = datetime(end.year, end.month, end.day, tzinfo=UTC).replace(tzinfo=None) - timedelta(weeks=weeks)
    return pd.DataFrame(
        {
            "user_id": _with_missing(random, _ids("user", users)[user[rows_of]]),
            "item_id": _with_missing(random, _ids("item", items)[item[rows_of]]),
            "occurred_at": np.datetime64(start, "us") + second[rows_of].astype("timedelta64[s]"),
        },
        columns=list(COLUMNS),
    )


def _check(rows: int, users: int, items: int, weeks: int, end: date) -> None:
    if users < 1 or items < 2 or weeks < 1:
        raise ValueError(f"A shop needs users, items and weeks: got {users}, {items} and {weeks}.")
    most = int(users * items * _MOST_OF_CATALOGUE * _MOST_OF_CATALOGUE)
    if not weeks * _EVENTS_A_WEEK <= rows <= most:
        raise ValueError(
            f"{rows} rows do not fit {users} users, {items} items and {weeks} weeks: there must be at least "
            f"{weeks * _EVENTS_A_WEEK}, so that every week has some, and at most {most}."
        )
    if end.weekday() != 0:
        raise ValueError(f"{end} is a {end:%A}: the data ends where a week ends, so give the Monday after it.")


def _events_of_users(random: np.random.Generator, total: int, users: int, items: int) -> Ints:
    """How many events each user has; they sum up to the total."""
    activity = np.exp(random.normal(0, _ACTIVITY_SPREAD, users))
    most = int(items * _MOST_OF_CATALOGUE)
    events = np.zeros(users, dtype=np.int64)
    while missing := total - int(events.sum()):
        room = np.where(events < most, activity, 0.0)
        events = np.minimum(events + random.multinomial(missing, room / room.sum()), most)
    return events


def _taken(random: np.random.Generator, events: Ints, items: int) -> Ints:
    """The items of each user, one after another: different ones, drawn by popularity and taste.

    Adding Gumbel noise to log-weights and taking the n highest draws n items without replacement.
    """
    popularity = -_SKEW * np.log(random.permutation(items) + _FLAT_HEAD)
    tastes = random.normal(0, _TASTE / np.sqrt(_DIMENSIONS), (len(events), _DIMENSIONS)).astype(np.float32)
    traits = random.normal(0, 1, (items, _DIMENSIONS)).astype(np.float32)
    taken = []
    for first in range(0, len(events), _USERS_AT_ONCE):
        wanted = events[first : first + _USERS_AT_ONCE]
        appeal = tastes[first : first + _USERS_AT_ONCE] @ traits.T + popularity.astype(np.float32)
        appeal -= np.log(random.standard_exponential(appeal.shape, dtype=np.float32) + _TINY)
        best_first = np.argsort(-appeal, axis=1)
        taken.append(best_first[np.arange(items) < wanted[:, None]])
    # A user's favourites come first in a row; when they took them is another matter.
    return np.concatenate(taken)


def _seconds(random: np.random.Generator, user: Ints, users: int, weeks: int) -> Ints:
    """When each event happened, in seconds from the start of the first week."""
    later = random.random(users) < _JOINED_LATER
    joined = np.where(later, random.integers(0, max(1, weeks // 2), users), 0)
    busy = np.linspace(1, _GROWTH, weeks)
    until = np.concatenate(([0.0], np.cumsum(busy / busy.sum())))
    since = until[joined[user]]
    week = np.searchsorted(until, since + random.random(len(user)) * (1 - since), side="right") - 1
    day = random.choice(7, len(user), p=_BY_WEEKDAY / _BY_WEEKDAY.sum())
    hour = random.choice(24, len(user), p=_BY_HOUR / _BY_HOUR.sum())
    seconds: Ints = ((week.clip(max=weeks - 1) * 7 + day) * 24 + hour) * 3600 + random.integers(0, 3600, len(user))
    return seconds


def _ids(kind: str, count: int) -> NDArray[np.object_]:
    names = _NAMES[kind]
    return np.array(
        [
            f"{names[number // _NAMED % len(names)] if number % _NAMED == 0 else kind}-{number:05d}"
            for number in range(count)
        ],
        dtype=object,
    )


def _with_missing(random: np.random.Generator, ids: NDArray[np.object_]) -> NDArray[np.object_]:
    ids[random.random(len(ids)) < _ID_MISSING] = None
    return ids
