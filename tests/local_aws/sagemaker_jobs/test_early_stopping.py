"""The median stopping rule of tuning jobs."""

import pytest

from local_aws.services.sagemaker.early_stopping import MedianRule


def rule_with(*curves: list[float], kind: str = "Maximize") -> MedianRule:
    """A rule that knows trials with these objectives, epoch by epoch."""
    rule = MedianRule(kind)
    for number, curve in enumerate(curves):
        assert not any(rule.gives_up(f"before-{number}", value) for value in curve)
        rule.ended(f"before-{number}")
    return rule


def test_a_trial_below_the_median_of_the_running_averages_is_given_up_once() -> None:
    rule = rule_with([0.5, 0.7], [0.6, 0.8], [0.7, 0.9])  # running averages at the second epoch: 0.6, 0.7, 0.8
    assert not rule.gives_up("new", 0.6)
    assert rule.gives_up("new", 0.69)
    assert not rule.gives_up("new", 0.1)


def test_a_trial_that_is_as_good_goes_on() -> None:
    rule = rule_with([0.5, 0.7], [0.6, 0.8], [0.7, 0.9])
    assert not any(rule.gives_up("new", value) for value in (0.6, 0.7))


def test_what_is_less_is_better_when_minimizing() -> None:
    rule = rule_with([3.0], [2.0], [1.0], kind="Minimize")
    assert not rule.gives_up("good", 1.5)
    assert rule.gives_up("bad", 2.5)


@pytest.mark.parametrize("curves", [[], [[0.9]], [[0.9], [0.9]]])
def test_few_trials_are_no_measure(curves: list[list[float]]) -> None:
    assert not rule_with(*curves).gives_up("new", 0.0)


def test_trials_that_did_not_come_that_far_and_those_that_still_run_are_no_measure() -> None:
    rule = rule_with([0.9, 0.9], [0.9, 0.9], [0.9])
    assert not rule.gives_up("running", 0.9)
    rule.gives_up("running", 0.9)
    assert not rule.gives_up("new", 0.9)
    assert not rule.gives_up("new", 0.1), "only two of the earlier ones had a second epoch"
