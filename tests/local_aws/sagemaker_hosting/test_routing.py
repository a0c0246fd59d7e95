"""Shares of traffic."""

import threading
from collections import Counter
from dataclasses import dataclass

import pytest

from local_aws.services.sagemaker.fleets import DeploymentFailed
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


def rollout(kind: str, wait: int = 0, most_seconds: int = 600, **sizes: object) -> Rollout:
    policy = {
        "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **sizes},
        "MaximumExecutionTimeoutInSeconds": most_seconds,
    }
    return Rollout({"BlueGreenUpdatePolicy": policy}, "us-east-1", threading.Event())


def test_a_canary_takes_two_steps_and_linear_as_many_as_it_needs() -> None:
    one, thirty = {"Type": "INSTANCE_COUNT", "Value": 1}, {"Type": "CAPACITY_PERCENT", "Value": 30}
    assert rollout("ALL_AT_ONCE").shares(3) == [1.0]
    assert rollout("CANARY", CanarySize=one).shares(4) == [0.25, 1.0]
    assert rollout("LINEAR", LinearStepSize=thirty).shares(10) == pytest.approx([0.3, 0.6, 0.9, 1.0])
    assert rollout("LINEAR", LinearStepSize=one).shares(3) == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_a_rollout_that_takes_too_long_fails() -> None:
    with pytest.raises(DeploymentFailed, match="longer than its MaximumExecutionTimeoutInSeconds"):
        rollout("ALL_AT_ONCE", wait=600, most_seconds=0).bake()
