"""The hyperparameters of the built-in algorithm: names, types and ranges, checked before anything is read.

The table is that of the documentation page "XGBoost hyperparameters" for release 3.0; what xgboost itself would take
beyond it is refused, as AWS does.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .errors import UserError

Check = Callable[[Any], bool]
_CATEGORIES: dict[str, tuple[str, ...]] = {
    "booster": ("gbtree", "gblinear", "dart"),
    "tree_method": ("auto", "exact", "approx", "hist"),
    "grow_policy": ("depthwise", "lossguide"),
    "process_type": ("default", "update"),
    "sample_type": ("uniform", "weighted"),
    "normalize_type": ("tree", "forest"),
    "objective": (
        "binary:hinge", "binary:logistic", "binary:logitraw", "count:poisson", "multi:softmax", "multi:softprob",
        "rank:map", "rank:ndcg", "rank:pairwise", "reg:absoluteerror", "reg:gamma", "reg:logistic",
        "reg:pseudohubererror", "reg:squarederror", "reg:squaredlogerror", "reg:tweedie", "survival:aft",
        "survival:cox",
    ),
}  # fmt: skip
_METRICS = (
    "aft-nloglik", "auc", "aucpr", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik",
    "interval-regression-accuracy", "logloss", "mae", "map", "mape", "merror", "mlogloss", "mphe", "ndcg",
    "poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik",
)  # fmt: skip
_FREE = ("updater", "monotone_constraints", "interaction_constraints", "sketch_eps", "save_model_on_termination")


def _whole(low: float = float("-inf")) -> tuple[type, Check, str]:
    return int, lambda value: value >= low, f"[{low:g}, inf)"


def _number(low: float, high: float = float("inf"), *, open_low: bool = False) -> tuple[type, Check, str]:
    shown = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if high == float('inf') else ']'}"
    return float, lambda value: (value > low if open_low else value >= low) and value <= high, shown


_NUMBERS: dict[str, tuple[type, Check, str]] = {
    "num_round": _whole(1), "early_stopping_rounds": _whole(1), "max_depth": _whole(0), "max_leaves": _whole(0),
    "max_bin": _whole(1), "num_class": _whole(2), "nthread": _whole(1), "seed": _whole(), "verbosity": _whole(0),
    "num_parallel_tree": _whole(1), "refresh_leaf": _whole(0), "one_drop": _whole(0), "csv_weights": _whole(0),
    "eta": _number(0, 1), "gamma": _number(0), "min_child_weight": _number(0), "max_delta_step": _number(0),
    "subsample": _number(0, 1, open_low=True), "colsample_bytree": _number(0, 1, open_low=True),
    "colsample_bylevel": _number(0, 1, open_low=True), "colsample_bynode": _number(0, 1, open_low=True),
    "alpha": _number(0), "lambda": _number(0), "lambda_bias": _number(0), "scale_pos_weight": _number(0),
    "base_score": _number(float("-inf")), "tweedie_variance_power": _number(1, 2), "rate_drop": _number(0, 1),
    "skip_drop": _number(0, 1), "huber_slope": _number(0, open_low=True), "aft_loss_distribution_scale": _number(0),
}  # fmt: skip
#: What a tuning job gives each of its trials: the metric that must be in the log, such as ``validation:auc``.
OBJECTIVE = "_tuning_objective_metric"
#: What the algorithm itself reads; xgboost would not know it.
OWN = ("num_round", "early_stopping_rounds", "csv_weights", "save_model_on_termination", "eval_metric", "sketch_eps")


def read(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values in their types.

    :param given: as the API holds them: everything is text.
    :raises UserError: naming the first that is unknown, missing or out of range.
    """
    if "num_round" not in given:
        raise UserError("Missing required hyperparameter: num_round")
    wanted = given.get(OBJECTIVE, "").strip('"').partition(":")[2]
    values = {name: _value(name, text.strip('"')) for name, text in given.items() if name != OBJECTIVE}
    if wanted and wanted not in values.get("eval_metric", []):
        values["eval_metric"] = [*values.get("eval_metric", []), *_metrics(wanted)]
    objective = values.get("objective", "reg:squarederror")
    if objective.startswith("multi:") and "num_class" not in values:
        raise UserError(f"Missing required hyperparameter: num_class. It is required when objective is {objective}")
    return values


def _value(name: str, text: str) -> Any:
    if name in _NUMBERS:
        kind, check, shown = _NUMBERS[name]
        try:
            value = kind(text)
        except ValueError:
            raise UserError(f"Hyperparameter {name}: could not parse value {text!r} as {kind.__name__}") from None
        if not check(value):
            raise UserError(f"Hyperparameter {name}: value {text} is not in range {shown}")
        return value
    if name in _CATEGORIES:
        if text not in _CATEGORIES[name]:
            raise UserError(f"Hyperparameter {name}: value {text} not in {', '.join(_CATEGORIES[name])}")
        return text
    if name == "eval_metric":
        return _metrics(text)
    if name in _FREE:
        return text
    raise UserError(f"Extraneous hyperparameter found: {name}")


def _metrics(text: str) -> list[str]:
    names = [part.strip() for part in text.strip("[]").replace("'", "").split(",") if part.strip()]
    for metric in names:
        if metric.partition("@")[0] not in _METRICS:
            raise UserError(f"Hyperparameter eval_metric: value {metric} not in {', '.join(_METRICS)}")
    return names
