"""Which labels an objective can be trained on, checked row by row before the first round, in xgboost's own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import UserError

_LOGISTIC = ("binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic")
#: Metrics that compare rows of both classes.
_NEED_BOTH = ("auc", "aucpr")
_REMEDY = "The label must be the first column."


@dataclass(frozen=True)
class Rule:
    """What labels must be; ``told`` is what xgboost says of those that are not."""

    holds: Callable[[Any], Any]
    told: str


def rule_for(values: Mapping[str, Any]) -> Rule | None:
    """The rule of the objective that is asked for; None where every number is a label.

    :param values: the job's hyperparameters.
    """
    objective = values.get("objective", "reg:squarederror")
    classes = values.get("num_class", 0)
    rules = {
        **dict.fromkeys(_LOGISTIC, Rule(_within_one, "label must be in [0,1] for logistic regression")),
        **dict.fromkeys(
            ("multi:softmax", "multi:softprob"),
            Rule(
                lambda labels: (labels >= 0) & (labels < classes) & (labels == np.floor(labels)),
                f"SoftmaxMultiClassObj: label must be in [0, num_class), that is [0, {classes})",
            ),
        ),
        "count:poisson": Rule(lambda labels: labels >= 0, "PoissonRegression: label must be nonnegative"),
        "reg:tweedie": Rule(lambda labels: labels >= 0, "TweedieRegression: label must be nonnegative"),
        "reg:gamma": Rule(lambda labels: labels > 0, "label must be positive for gamma regression"),
        "reg:squaredlogerror": Rule(lambda labels: labels > -1, "label must be greater than -1 for rmsle"),
    }
    return rules.get(objective)


def check(labels: Any, rule: Rule | None) -> None:
    """Refuse labels that are none.

    :raises UserError: naming the first row, from 1.
    """
    missing = np.flatnonzero(~np.isfinite(labels))
    if missing.size:
        shown = _shown(labels[missing[0]])
        raise UserError(f"row {missing[0] + 1}: the label is {shown}, as in {missing.size} rows. {_REMEDY}")
    wrong = np.flatnonzero(~rule.holds(labels)) if rule else missing
    if rule and wrong.size:
        raise UserError(f"row {wrong[0] + 1}: {rule.told}, and it is {_shown(labels[wrong[0]])}. {_REMEDY}")


def check_classes(name: str, least: float, most: float, values: Mapping[str, Any]) -> None:
    """Refuse a channel with labels of one class only, where that leaves the objective or a metric undefined.

    :param name: of the channel.
    :param least: of its labels, over all hosts; ``most`` likewise.
    :raises UserError: in xgboost's words, and with a remedy.
    """
    if least != most:
        return
    objective, remedy = values.get("objective", ""), "Give rows of both classes."
    if name == "train" and objective in ("binary:logistic", "reg:logistic") and "base_score" not in values:
        raise UserError(
            f"All labels of the channel {name} are {_shown(least)}: base_score must be in (0,1) for logistic loss, "
            f"got: {_shown(least)}. {remedy}"
        )
    undefined = [metric for metric in values.get("eval_metric", []) if metric.partition("@")[0] in _NEED_BOTH]
    if undefined and objective.startswith(("binary:", "reg:logistic")):
        raise UserError(
            f"All labels of the channel {name} are {_shown(least)}: the dataset only contains pos or neg samples, of "
            f"which {undefined[0]} is undefined. {remedy}"
        )


def _within_one(labels: Any) -> Any:
    return (labels >= 0) & (labels <= 1)


def _shown(label: float) -> str:
    return "missing" if np.isnan(label) else f"{label:g}"
