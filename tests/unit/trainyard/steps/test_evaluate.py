"""What an evaluation measured is told as figures, or as not there."""

import math

from trainyard.steps.evaluate import told


def test_a_figure_that_is_no_number_is_told_as_missing() -> None:
    """JSON has no NaN: what a step returns must be JSON, so that the gate can refuse what was not measured."""
    found = {"challenger": {"auc": math.nan, "rows": 7}, "champion": None, "worst": [-math.inf, 0.5], "name": "job"}
    assert told(found) == {
        "challenger": {"auc": None, "rows": 7},
        "champion": None,
        "worst": [None, 0.5],
        "name": "job",
    }
