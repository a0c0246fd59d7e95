"""The search of tuning jobs: scales, ranges, strategies."""

import math
from statistics import fmean
from typing import Any

import pytest

from local_aws.errors import AwsError
from local_aws.services.sagemaker.search import Search, search_for


def config(strategy: str = "Random", most: int = 30, **ranges: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": 1},
        "ParameterRanges": {f"{kind}ParameterRanges": items for kind, items in ranges.items()},
        "RandomSeed": 3,
    }


def span(low: str, high: str, scale: str = "Auto", name: str = "x") -> dict[str, str]:
    return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scale}


def points(settings: dict[str, Any], count: int = 30) -> list[dict[str, str]]:
    search = search_for(settings)
    asked = [search.ask() for _ in range(count)]
    return [point for found in asked if found for point in [found[1]]]


@pytest.mark.parametrize(
    ("low", "high", "scale", "is_logarithmic"),
    [
        ("0.0001", "1", "Logarithmic", True),
        ("0.0001", "1", "Auto", True),
        ("0.0001", "1", "Linear", False),
        ("0.1", "1", "Auto", False),
        ("0", "1", "Auto", False),
    ],
)
def test_a_logarithmic_range_is_searched_evenly_in_its_exponents(
    low: str, high: str, scale: str, is_logarithmic: bool
) -> None:
    values = sorted(float(point["x"]) for point in points(config(Continuous=[span(low, high, scale)])))
    assert all(float(low) <= value <= float(high) for value in values)
    middle = values[len(values) // 2]
    assert (middle < 0.1) == is_logarithmic


def test_a_reverse_logarithmic_range_is_searched_evenly_in_its_distance_from_one() -> None:
    settings = config(Continuous=[span("0", "0.9999", "ReverseLogarithmic")])
    values = sorted(float(point["x"]) for point in points(settings))
    assert all(0 <= value <= 0.9999 for value in values)
    assert values[len(values) // 2] > 0.9


def test_integers_are_whole_and_categories_as_given() -> None:
    settings = config(Integer=[span("1", "4", name="n")], Categorical=[{"Name": "kind", "Values": ["a", "1.0"]}])
    found = points(settings)
    assert {point["n"] for point in found} == {"1", "2", "3", "4"}
    assert {point["kind"] for point in found} == {"a", "1.0"}


def test_the_bayesian_search_comes_closer_to_the_best_than_chance() -> None:
    def best(strategy: str) -> float:
        search = search_for(config(strategy, Continuous=[span("0", "10")]))
        losses = []
        for _ in range(30):
            asked = search.ask()
            assert asked
            losses.append(abs(float(asked[1]["x"]) - 7.3))
            search.tell(asked[0], losses[-1])
        return sum(losses[15:])

    assert best("Bayesian") < best("Random") / 2


def test_a_trial_without_a_number_is_told_as_failed() -> None:
    search = search_for(config("Bayesian", Continuous=[span("0", "10")]))
    for value in (None, math.nan, 1.0):
        asked = search.ask()
        assert asked
        search.tell(asked[0], value)
    assert search.ask()


def test_a_grid_is_every_combination_once() -> None:
    ranges = [{"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x", "y", "z"]}]
    found = points(config("Grid", most=6, Categorical=ranges))
    assert len({tuple(sorted(point.items())) for point in found}) == len(found) == 6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (config(Continuous=[span("0", "1", "Logarithmic")]), "greater than 0"),
        (config(Continuous=[span("0", "1", "ReverseLogarithmic")]), "0 <= x < 1.0"),
        (config(Integer=[span("1", "9", "ReverseLogarithmic")]), "only valid for continuous"),
        (config(Continuous=[span("a", "1")]), "no float"),
        (config(Integer=[span("1.5", "2")]), "no int"),
        (config(Continuous=[span("2", "1")]), "greater than its MaxValue"),
        (config(Continuous=[span("0", "1")], Integer=[span("0", "1")]), "unique"),
        (config("Grid", most=3, Categorical=[{"Name": "a", "Values": ["1"]}]), "must equal the number of combin"),
    ],
)
def test_ranges_that_are_none_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(AwsError, match=words):
        search_for(settings)


def test_a_bayesian_search_begins_where_earlier_trials_were_good() -> None:
    config = {
        "Strategy": "Bayesian",
        "RandomSeed": 3,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "m"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1},
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "x", "MinValue": "0", "MaxValue": "10"},
                {"Name": "momentum", "MinValue": "0.5", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
            ],
            "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
        },
    }
    rows = ((number / 2, number % 2) for number in range(20))
    known = [({"x": str(x), "momentum": "0.9", "kind": "ab"[odd], "static": "1"}, -abs(x - 3) - odd) for x, odd in rows]
    outside = [({"x": "99", "momentum": "0.9", "kind": "a"}, 1e9), ({"x": "1", "momentum": "0.9", "kind": "c"}, 1e9)]

    def distance(search: Search) -> float:
        """How far its first points lie from the best one, on average; it is told of none of them."""
        far = []
        for number, point in filter(None, (search.ask() for _ in range(8))):
            far.append(abs(float(point["x"]) - 3) + (point["kind"] != "a"))
            search.tell(number, None)
        return fmean(far)

    assert distance(search_for(config, [*known, *outside])) < 0.6 * distance(search_for(config))
