"""Made-up leads, as a marketing team has them in its warehouse: the columns of a well-known bank's campaigns.

Deterministic for its arguments. Who converts is drawn from a known probability (``truth``), so the best attainable
model is known, too. They have what real ones have: an outcome that is rare, effects that depend on one another, a
season that moves everybody, a column that gives the outcome away (``duration``: one knows it only after the call),
outcomes of the last days that are not known yet, ages that nobody wrote down, and jobs in people's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yard.leads.table import LEADS
from yard.leads.truth import NEVER, probability

Texts = NDArray[np.object_]
Floats = NDArray[np.float64]

#: How many of the newest days' outcomes are not known yet.
NOT_KNOWN_DAYS = 3

_LEADS_A_WEEK = 200  # least mean number: every day has some, and the test's leads both outcomes
_GROWTH = 1.4  # leads of the last week beside the first
_AGE_MISSING, _EDUCATION_MISSING = 0.04, 0.02
_CALLED_BEFORE = 0.28  # share of leads that an earlier campaign called
_BY_WEEKDAY = np.array([1.2, 1.2, 1.15, 1.1, 1.0, 0.45, 0.3])  # Monday first
_DAYS = np.array(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], dtype=object)
_MONTHS = np.array("jan feb mar apr may jun jul aug sep oct nov dec".split(), dtype=object)
_JOBS = {"admin.": 25, "blue-collar": 21, "technician": 16, "services": 9, "management": 8, "retired": 5, "student": 4,
         "entrepreneur": 3.5, "self-employed": 3, "housemaid": 2.5, "unemployed": 2.3, "unknown": 0.7,
         'self-employed, "other"': 0.4, "ingénieur": 0.3, "会社員": 0.2}  # fmt: skip
_EDUCATION = {"university.degree": 30, "high.school": 23, "basic.9y": 15, "professional.course": 13, "basic.4y": 10,
              "basic.6y": 6, "unknown": 3}  # fmt: skip
_MARITAL = {"married": 60, "single": 28, "divorced": 11.5, "unknown": 0.5}
_YES_NO = {"yes": 52, "no": 45.5, "unknown": 2.5}
_LOAN = {"no": 82, "yes": 15.5, "unknown": 2.5}
_DEFAULT = {"no": 79, "unknown": 20.9, "yes": 0.1}
_CONTACT = {"cellular": 63, "telephone": 37}


def generate(rows: int, weeks: int, end: date, seed: int) -> pd.DataFrame:
    """Leads with the columns of ``marketing.leads``, oldest first.

    :param rows: how many.
    :param weeks: calendar weeks with leads, Monday to Sunday.
    :param end: the Monday after the last week.
    :param seed: another one makes other leads.
    :raises ValueError: when the numbers do not fit together.
    """
    _check(rows, weeks, end)
    random = np.random.default_rng(seed)
    start = datetime(end.year, end.month, end.day, tzinfo=UTC).replace(tzinfo=None) - timedelta(weeks=weeks)
    created = pd.Series(np.datetime64(start, "us") + _seconds(random, rows, weeks).astype("timedelta64[s]"))
    leads = pd.DataFrame(
        {
            "lead_id": [f"lead-{number:06d}" for number in range(1, rows + 1)],
            "created_at": created,
            **_people(random, rows),
            "contact": _drawn(random, _CONTACT, rows),
            "month": _MONTHS[created.dt.month - 1],
            "day_of_week": _DAYS[created.dt.day_of_week],
            **_calls(random, rows),
            **_economy(created),
        }
    )
    return _with_outcome(random, leads, pd.Timestamp(end) - pd.Timedelta(days=NOT_KNOWN_DAYS))[list(LEADS.columns)]


def _check(rows: int, weeks: int, end: date) -> None:
    if weeks < 1 or rows < weeks * _LEADS_A_WEEK:
        raise ValueError(
            f"{rows} leads do not fit {weeks} weeks: there must be a week, and {_LEADS_A_WEEK} leads in each."
        )
    if end.weekday() != 0:
        raise ValueError(f"{end} is a {end:%A}: the data ends where a week ends, so give the Monday after it.")


def _seconds(random: np.random.Generator, rows: int, weeks: int) -> NDArray[np.int64]:
    """When each lead came in, in seconds from the start of the first week, oldest first: in the hours of the day."""
    busy = np.linspace(1, _GROWTH, weeks)
    week = random.choice(weeks, rows, p=busy / busy.sum())
    day = random.choice(7, rows, p=_BY_WEEKDAY / _BY_WEEKDAY.sum())
    of_day = 86_400 * random.beta(4, 3.2, rows)
    seconds: NDArray[np.int64] = np.sort((week * 7 + day) * 86_400 + of_day.astype(np.int64))
    return seconds


def _people(random: np.random.Generator, rows: int) -> dict[str, pd.Series | Texts]:
    job = _drawn(random, _JOBS, rows)
    age = random.gamma(9, 2.6, rows) + 18
    age = np.where(job == "student", 18 + random.gamma(2, 3, rows), age)
    age = np.where(job == "retired", 56 + random.gamma(3, 3.5, rows), age)
    education = _drawn(random, _EDUCATION, rows)
    education[random.random(rows) < _EDUCATION_MISSING] = None
    missing = random.random(rows) < _AGE_MISSING
    return {
        "age": pd.Series(age.clip(17, 98).astype(np.int32), dtype="Int32").mask(missing),
        "job": job,
        "marital": _drawn(random, _MARITAL, rows),
        "education": education,
        "credit_default": _drawn(random, _DEFAULT, rows),
        "housing_loan": _drawn(random, _YES_NO, rows),
        "personal_loan": _drawn(random, _LOAN, rows),
    }


def _calls(random: np.random.Generator, rows: int) -> dict[str, pd.Series | Texts]:
    """The calls of this campaign and of those before."""
    before = random.random(rows) < _CALLED_BEFORE
    success = before & (random.random(rows) < 0.4)
    return {
        "campaign": pd.Series(random.geometric(0.4, rows).clip(max=40), dtype="Int32"),
        "pdays": pd.Series(np.where(success, random.gamma(2, 4, rows).astype(int).clip(max=27), NEVER), dtype="Int32"),
        "previous": pd.Series(np.where(before, random.geometric(0.7, rows).clip(max=7), 0), dtype="Int32"),
        "poutcome": np.where(success, "success", np.where(before, "failure", "nonexistent")).astype(object),
    }


def _economy(created: pd.Series[pd.Timestamp]) -> dict[str, Floats]:
    """What the day's papers said: two seasons a year, the rate daily, the indices by month, employment by quarter."""

    def wave(day: NDArray[np.integer[Any]], shift: float) -> Floats:
        return np.asarray(np.sin(4 * np.pi * day / 365.25 + shift))

    day = created.dt.day_of_year.to_numpy()
    month = (created.dt.month.to_numpy() - 1) * 30 + 15
    quarter = (created.dt.quarter.to_numpy() - 1) * 91 + 45
    return {
        "emp_var_rate": (-0.5 + 1.2 * wave(month, 0.4)).round(1),
        "cons_price_idx": (93.6 + 0.5 * wave(month, 1.3)).round(3),
        "cons_conf_idx": (-40 + 5 * wave(month, 2.6)).round(1),
        "euribor3m": (3.0 + 1.0 * wave(day, 0.0)).round(3),
        "nr_employed": (5167 + 60 * wave(quarter, 0.2)).round(1),
    }


def _with_outcome(random: np.random.Generator, leads: pd.DataFrame, known_until: pd.Timestamp) -> pd.DataFrame:
    """Who converted, and how long the call took: who says yes talks longer. Neither is known of the newest leads."""
    converted = random.random(len(leads)) < probability(leads)
    seconds = np.exp(random.normal(5.1, 0.75, len(leads)) + 1.1 * converted)
    waiting = leads["created_at"] >= known_until
    return leads.assign(
        duration=pd.Series(seconds.clip(max=4_000).astype(np.int32), dtype="Int32").mask(waiting),
        converted=pd.Series(converted, dtype="Int16").mask(waiting),
    )


def _drawn(random: np.random.Generator, shares: Mapping[str, float], rows: int) -> Texts:
    weights = np.array(list(shares.values()))
    return random.choice(np.array(list(shares), dtype=object), rows, p=weights / weights.sum())
