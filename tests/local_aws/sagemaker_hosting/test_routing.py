"""Shares of traffic."""

import threading
from collections import Counter
from dataclasses import dataclass

from local_aws.services.sagemaker.rollout import Rollout
from local_aws.services.sagemaker.routing import choose


@dataclass
class Option:
    """Something to be chosen."""

    name: str
    credit: float = 0.0


def chosen(weights: dict[str, float], times: int) -> str:
    options = [(Option(name), weight) for name, weight in weights.items()]
    return "".join(choose(options).name for _ in range(times))


def test_shares_are_exact_and_evenly_spread() -> None:
    assert chosen({"a": 3, "b": 1}, 8) in ("aabaaaba", "aaba" * 2, "abaa" * 2)
    assert Counter(chosen({"a": 0.7, "b": 0.2, "c": 0.1}, 100)) == {"a": 70, "b": 20, "c": 10}


def test_a_weight_of_zero_gets_nothing_unless_all_are_zero() -> None:
    assert chosen({"a": 0, "b": 1}, 3) == "bbb"
    assert chosen({"a": 0, "b": 0}, 2) == "aa"


def rollout_shares(kind: str, capacity: int, **sizes: object) -> list[float]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 0, **sizes}
    config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    return [round(share, 6) for share in Rollout(config, "us-east-1", threading.Event()).shares(capacity)]


def test_a_canary_takes_two_steps_and_linear_as_many_as_it_needs() -> None:
    assert rollout_shares("ALL_AT_ONCE", 3) == [1.0]
    assert rollout_shares("CANARY", 4, CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}) == [0.25, 1.0]
    thirty = {"Type": "CAPACITY_PERCENT", "Value": 30}
    assert rollout_shares("LINEAR", 10, LinearStepSize=thirty) == [0.3, 0.6, 0.9, 1.0]
    third = {"Type": "INSTANCE_COUNT", "Value": 1}
    assert rollout_shares("LINEAR", 3, LinearStepSize=third) == [0.333333, 0.666667, 1.0]
