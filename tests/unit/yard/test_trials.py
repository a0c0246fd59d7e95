"""A search for hyperparameters: what the report reads of it, and where it lies in the plot."""

import math
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yard.trials import Plot, Trials, briefly, found, ticks


def result(*objectives: float | None) -> dict[str, Any]:
    """What the task returns, as the road's contract has it."""
    listed = [
        {"job": f"job-{number}", "status": "Completed" if objective is not None else "Failed", "objective": objective,
         "hyperparameters": {"max_depth": number}, "started": "2026-02-09T08:00:00+00:00"}
        for number, objective in enumerate(objectives, 1)
    ]  # fmt: skip
    return {"metric": "validation:auc", "objective": 0.8, "trial_list": listed}


def search(*objectives: float | None) -> Trials:
    trials = found(result(*objectives))
    assert trials is not None
    return trials


@pytest.mark.parametrize("nothing", [{}, {"trial_list": []}, {"trial_list": None}, {"objective": 0.8}])
def test_a_run_that_did_not_search_has_no_trials(nothing: dict[str, Any]) -> None:
    assert found(nothing) is None


def test_trials_are_numbered_in_their_order_and_keep_what_they_tried() -> None:
    trials = search(0.7, None)
    assert trials.metric == "validation:auc"
    assert [(trial.number, trial.status, trial.objective, trial.job) for trial in trials.trials] == [
        (1, "Completed", 0.7, "job-1"),
        (2, "Failed", None, "job-2"),
    ]
    assert trials.names == ["max_depth"]


def test_the_best_of_a_loss_is_the_smallest() -> None:
    trials = found(result(0.7, 0.5, None, 0.6) | {"goal": "Minimize"})
    assert trials is not None
    assert [trial.number for trial in trials.best()] == [2, 4, 1]
    assert Plot(trials).best.number == 2
    assert Plot(trials).best_so_far.count("V") == 1


def test_the_best_come_first_of_equal_ones_the_earlier_and_none_without_an_objective() -> None:
    assert [trial.number for trial in search(0.7, 0.9, None, 0.8, 0.9).best(3)] == [2, 5, 4]
    assert search(None, None).best() == []


def test_an_objective_that_is_no_number_counts_as_none() -> None:
    assert [trial.objective for trial in search(math.nan, math.inf, 0.5).trials] == [None, None, 0.5]


def corners(path: str) -> list[tuple[float, float]]:
    """The corners of a path of M, H and V."""
    places: list[tuple[float, float]] = []
    for letter, first, second in re.findall(r"([MHV])([\d.]+)(?: ([\d.]+))?", path):
        if letter == "M":
            places.append((float(first), float(second)))
        else:
            x, y = places[-1]
            places.append((float(first), y) if letter == "H" else (x, float(first)))
    return places


def test_the_line_rises_at_each_trial_that_beat_those_before_and_nowhere_else() -> None:
    plot = Plot(search(0.70, 0.60, None, 0.80, 0.75, 0.90))
    x, y = [point.x for point in plot.points], [point.y for point in plot.points]
    assert corners(plot.best_so_far) == [
        (x[0], y[0]), (x[3], y[0]), (x[3], y[3]), (x[5], y[3]), (x[5], y[5]), (plot.width - plot.right, y[5]),
    ]  # fmt: skip


def test_the_line_begins_at_the_first_trial_with_an_objective() -> None:
    plot = Plot(search(None, 0.5))
    assert corners(plot.best_so_far)[0] == (plot.points[1].x, plot.points[1].y)


def test_a_trial_without_an_objective_stands_on_the_lower_edge() -> None:
    plot = Plot(search(0.5, None, 0.6))
    assert plot.points[1].y == plot.height - plot.bottom


@given(st.lists(st.floats(-1e9, 1e9) | st.none(), max_size=60), st.floats(-1e9, 1e9))
def test_every_point_lies_within_the_plot_whatever_the_objectives(others: list[float | None], last: float) -> None:
    plot = Plot(search(*others, last))
    assert all(plot.left <= point.x <= plot.width - plot.right for point in plot.points)
    assert all(plot.top <= point.y <= plot.height - plot.bottom for point in plot.points)
    assert all(earlier.x < later.x for earlier, later in pairwise(plot.points))
    assert len({label for _, label in plot.scale}) == len(plot.scale)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.8554, 0.8744, [0.855, 0.86, 0.865, 0.87, 0.875]),
        (0.0, 1.0, [0.0, 0.5, 1.0]),
        (3.0, 11.0, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]),
        (0.8, 0.8, [0.8, 0.82]),
        (0.0, 0.0, [0.0, 0.5]),
        (-4.0, -1.0, [-4.0, -3.0, -2.0, -1.0]),
    ],
)
def test_the_scale_has_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_a_long_search_does_not_name_every_trial() -> None:
    assert [number for _, number in Plot(search(*[0.5] * 60)).numbers] == list(range(5, 61, 5))
    assert [number for _, number in Plot(search(*[0.5] * 3)).numbers] == [1, 2, 3]


@pytest.mark.parametrize(("value", "said"), [(0.123456, "0.1235"), (3.1e-05, "3.1e-05"), (12, "12"), ("auto", "auto")])
def test_a_hyperparameter_is_told_briefly(value: object, said: str) -> None:
    assert briefly(value) == said
