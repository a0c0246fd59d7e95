"""Where a tuning job looks: parameter ranges with their scales, and the strategies that pick points in them."""

import itertools
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from local_aws.services.sagemaker.checks import invalid

logging.getLogger("optuna").setLevel(logging.WARNING)

#: Hyperparameters of one trial, as text, which is what a training job gets.
Point = dict[str, str]
#: From this ratio of a range's ends on, the scale that "Auto" chooses is logarithmic.
_AUTO_LOGARITHMIC = 1000


class Search(Protocol):
    """Picks points; ``ask`` and ``tell`` are called from one thread."""

    def ask(self) -> tuple[int, Point] | None:
        """The next trial's number and point; None when there is nothing more to try."""

    def tell(self, number: int, value: float | None) -> None:
        """The objective of a trial; None for one that failed."""


def search_for(config: dict[str, Any], known: Sequence[tuple[Point, float]] = ()) -> Search:
    """The search of a HyperParameterTuningJobConfig.

    :param known: hyperparameters of earlier trials and their objectives, which a Bayesian search learns from.
    :raises AwsError: ``ValidationException`` for ranges that are none and strategies that are not served.
    """
    ranges = config.get("ParameterRanges", {})
    strategy = config["Strategy"]
    if ranges.get("AutoParameters"):
        raise invalid("local_aws does not serve AutoParameters: give the ranges.")
    dimensions = _dimensions(ranges)
    if not dimensions:
        raise invalid("At least one parameter range is required for a hyperparameter tuning job.")
    if strategy == "Grid":
        return _Grid(ranges, config["ResourceLimits"].get("MaxNumberOfTrainingJobs"))
    if strategy not in ("Random", "Bayesian"):
        raise invalid(f"local_aws does not serve the strategy {strategy}: use Bayesian, Random or Grid.")
    return _Sampled(dimensions, config, strategy, known)


@dataclass(frozen=True)
class _Dimension:
    name: str
    distribution: BaseDistribution
    #: From what was sampled to the hyperparameter's text, and back.
    text: Callable[[Any], str]
    value: Callable[[str], Any]


class _Sampled:
    """Random, or Bayesian by a tree-structured Parzen estimator that knows of the trials still running."""

    def __init__(
        self,
        dimensions: list[_Dimension],
        config: dict[str, Any],
        strategy: str,
        known: Sequence[tuple[Point, float]],
    ) -> None:
        seed = config.get("RandomSeed")
        most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", 10)
        sampler: optuna.samplers.BaseSampler = optuna.samplers.RandomSampler(seed)
        if strategy == "Bayesian":
            # A third at random before the model is trusted: few trials are the rule here, and 10 (the default) is many.
            startup = max(2, min(10, most // 3))
            sampler = optuna.samplers.TPESampler(n_startup_trials=startup, constant_liar=True, seed=seed)
        direction = config["HyperParameterTuningJobObjective"]["Type"].lower()
        self._study = optuna.create_study(sampler=sampler, direction=direction)
        self._dimensions = dimensions
        for point, value in known:
            self._learn(point, value)

    def _learn(self, point: Point, value: float) -> None:
        """Take in an earlier trial, unless it lies outside of what is searched now."""
        try:
            params = {dimension.name: dimension.value(point[dimension.name]) for dimension in self._dimensions}
            distributions = {dimension.name: dimension.distribution for dimension in self._dimensions}
            trial = optuna.trial.create_trial(params=params, distributions=distributions, value=value)
        except ValueError:
            return
        self._study.add_trial(trial)

    def ask(self) -> tuple[int, Point] | None:
        trial = self._study.ask({dimension.name: dimension.distribution for dimension in self._dimensions})
        return trial.number, {
            dimension.name: dimension.text(trial.params[dimension.name]) for dimension in self._dimensions
        }

    def tell(self, number: int, value: float | None) -> None:
        if value is None or math.isnan(value):
            self._study.tell(number, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(number, value)


class _Grid:
    """Every combination of categorical values, in the order of the request."""

    def __init__(self, ranges: dict[str, Any], limit: int | None) -> None:
        if ranges.get("ContinuousParameterRanges") or ranges.get("IntegerParameterRanges"):
            raise invalid("Only categorical parameters are supported when using the Grid strategy.")
        categories = ranges["CategoricalParameterRanges"]
        names = [category["Name"] for category in categories]
        points = list(itertools.product(*(category["Values"] for category in categories)))
        if limit is not None and limit != len(points):
            raise invalid(
                f"MaxNumberOfTrainingJobs must equal the number of combinations, {len(points)}, with the Grid strategy."
            )
        self._points: Iterator[tuple[int, Point]] = enumerate(dict(zip(names, point, strict=True)) for point in points)

    def ask(self) -> tuple[int, Point] | None:
        return next(self._points, None)

    def tell(self, number: int, value: float | None) -> None:
        """Nothing is learned: all points are tried."""


def _dimensions(ranges: dict[str, Any]) -> list[_Dimension]:
    found = [_continuous(item) for item in ranges.get("ContinuousParameterRanges", [])]
    found += [_integer(item) for item in ranges.get("IntegerParameterRanges", [])]
    found += [
        _Dimension(item["Name"], CategoricalDistribution(item["Values"]), str, str)
        for item in ranges.get("CategoricalParameterRanges", [])
    ]
    names = [dimension.name for dimension in found]
    if len(names) != len(set(names)):
        raise invalid("Names of parameter ranges must be unique.")
    return found


def _continuous(item: dict[str, str]) -> _Dimension:
    low, high = _ends(item, float)
    scale = _scale(item, low, high)
    if scale == "ReverseLogarithmic":
        # Logarithmic in 1 - x, for values whose distance from 1 matters, such as a momentum.
        distribution = FloatDistribution(1 - high, 1 - low, log=True)
        return _Dimension(item["Name"], distribution, lambda value: repr(1 - value), lambda text: 1 - float(text))
    return _Dimension(item["Name"], FloatDistribution(low, high, log=scale == "Logarithmic"), repr, float)


def _integer(item: dict[str, str]) -> _Dimension:
    if item.get("ScalingType") == "ReverseLogarithmic":
        raise invalid(f"Reverse logarithmic scaling is only valid for continuous ranges: {item['Name']}.")
    low, high = _ends(item, int)
    scale = _scale(item, low, high)
    return _Dimension(item["Name"], IntDistribution(int(low), int(high), log=scale == "Logarithmic"), str, int)


def _ends(item: dict[str, str], kind: type[float] | type[int]) -> tuple[float, float]:
    try:
        low, high = kind(item["MinValue"]), kind(item["MaxValue"])
    except ValueError as error:
        raise invalid(f"The range of {item['Name']} has an end that is no {kind.__name__}: {error}") from error
    if low > high:
        raise invalid(f"The MinValue of {item['Name']}, {low}, is greater than its MaxValue, {high}.")
    return low, high


def _scale(item: dict[str, str], low: float, high: float) -> str:
    scale = item.get("ScalingType", "Auto")
    if scale == "Auto":
        return "Logarithmic" if low > 0 and high / low >= _AUTO_LOGARITHMIC else "Linear"
    if scale == "Logarithmic" and low <= 0:
        raise invalid(f"Logarithmic scaling works only for ranges that have values greater than 0: {item['Name']}.")
    if scale == "ReverseLogarithmic" and not (low >= 0 and high < 1):
        raise invalid(f"Reverse logarithmic scaling works only for ranges within 0 <= x < 1.0: {item['Name']}.")
    return scale
