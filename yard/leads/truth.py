"""How likely a made-up lead is to convert, and with it the best that any model can do.

The probability is a function of the columns as they stand in the warehouse, missing values included: nothing is hidden
from a model but the draw itself. So no ranking of leads is better, on average, than that by this probability.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The split of the leads, by a hash of their ids: from here on they are the test's.
_PERCENT, _TEST_FROM = 100, 85
#: ``pdays`` of a lead that nobody ever called.
NEVER = 999

_BASE = -3.7  # sets the share that converts to about 11 %
_NO_AGE = -0.2  # the effect of an age that is missing
_JOBS = {"student": 0.6, "retired": 0.6, "blue-collar": -0.5, "services": -0.5}
_EDUCATION = {"university.degree": 0.4, "professional.course": 0.4}


def probability(leads: pd.DataFrame) -> Floats:
    """The probability of each lead to convert.

    :param leads: with the columns of ``marketing.leads``; those of the outcome are not looked at.
    :returns: one number between 0 and 1 a row.
    """
    log_odds = _BASE + _person(leads) + _history(leads) + _season(leads)
    chance: Floats = 1 / (1 + np.exp(-log_odds))
    return chance


def best_auc(leads: pd.DataFrame) -> float:
    """The area under the ROC curve of the probability itself on the test's leads with a known outcome.

    :raises ValueError: when one of the two outcomes is not among them.
    """
    held = leads[[is_for_test(lead) for lead in leads["lead_id"]] & leads["converted"].notna().to_numpy()]
    return auc(held["converted"].to_numpy(dtype=np.int64), probability(held))


def is_for_test(lead: str) -> bool:
    """Whether a lead is one of the test's: what the SQL of the split says, in Python."""
    return place(lead) >= _TEST_FROM


def place(lead: str) -> int:
    """Where the hash of a lead's id lies, 0 to 99; below 70 it is one of the train rows."""
    # MD5 spreads ids evenly, and the warehouse has it; nothing is kept secret by it.
    return int(hashlib.md5(lead.encode(), usedforsecurity=False).hexdigest()[:8], 16) % _PERCENT


def auc(outcome: NDArray[np.int64], score: Floats) -> float:
    """The share of pairs of a converted and another lead in which the converted one has the higher score; ties: half.

    :param outcome: 1 or 0 a lead.
    :raises ValueError: when all outcomes are the same.
    """
    positive = int(outcome.sum())
    negative = len(outcome) - positive
    if not positive or not negative:
        raise ValueError("The area under the ROC curve needs leads that converted and leads that did not.")
    ranks = pd.Series(score).rank().to_numpy()
    return float((ranks[outcome == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _person(leads: pd.DataFrame) -> Floats:
    """Who it is: the young and the old more than those between, the young above all when they pay no mortgage."""
    age = leads["age"].to_numpy(dtype=np.float64, na_value=np.nan)
    curve = np.where(np.isnan(age), _NO_AGE, 1.6 * np.tanh(((age - 43) / 16) ** 2) - 0.4)
    free = (leads["housing_loan"] == "no").to_numpy(dtype=bool, na_value=False)
    young = np.nan_to_num(1 / (1 + np.exp((age - 32) / 3)))
    effect: Floats = (
        curve
        + 0.6 * young * free
        + leads["job"].map(_JOBS).fillna(0.0).to_numpy(dtype=np.float64)
        + leads["education"].map(_EDUCATION).fillna(0.0).to_numpy(dtype=np.float64)
        - 0.5 * (leads["personal_loan"] == "yes").to_numpy(dtype=bool, na_value=False)
        - 0.7 * (leads["credit_default"] == "unknown").to_numpy(dtype=bool, na_value=False)
    )
    return effect


def _history(leads: pd.DataFrame) -> Floats:
    """What was between us: a yes before, the fresher the better; every further call of this campaign tells against."""
    days = leads["pdays"].to_numpy(dtype=np.float64, na_value=NEVER)
    success = (leads["poutcome"] == "success").to_numpy(dtype=bool, na_value=False)
    failure = (leads["poutcome"] == "failure").to_numpy(dtype=bool, na_value=False)
    calls = leads["campaign"].to_numpy(dtype=np.float64, na_value=1.0)
    mobile = (leads["contact"] == "cellular").to_numpy(dtype=bool, na_value=False)
    effect: Floats = (
        success * (1.2 + 2.4 * np.exp(-days / 8))
        + failure * 0.4
        + 1.5 * mobile
        - np.where(mobile, 0.7, 1.1) * np.log(calls)
    )
    return effect


def _season(leads: pd.DataFrame) -> Floats:
    """What the economy does: who is reached by mobile phone follows the interest rate more closely."""
    mobile = (leads["contact"] == "cellular").to_numpy(dtype=bool, na_value=False)
    rate = leads["euribor3m"].to_numpy(dtype=np.float64, na_value=3.0) - 3.0
    mood = leads["cons_conf_idx"].to_numpy(dtype=np.float64, na_value=-40.0) + 40.0
    effect: Floats = -np.where(mobile, 1.3, 0.7) * rate + 0.03 * mood
    return effect
