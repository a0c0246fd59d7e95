"""What the built-in XGBoost says of data that it cannot use, cell by cell."""

import numpy as np
import pytest

from local_aws.containers.xgboost_algorithm import csv_faults, labels
from local_aws.containers.xgboost_algorithm.errors import UserError


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"1,2\n0,3\n", None),
        (b"1,2\r\n0,3\r\n", None),
        (b"1,\n0,NaN\n", None),
        (b'"1"," 2"\n', None),
        (b"id,age\n1,2\n", "row 1 is a header (id, age): there must be none"),
        (b"1,2\n0,1_000\n", "row 2, column 2: '1_000' is no number"),
        (b"1,2\n0\n", "row 2 has 1 columns, and row 1 has 2"),
        (b'1,"2\n3"\n', "row 1: a quoted field holds a line end"),
        (b'1,"2\n', "row 1: unexpected end of data"),
        (b'1,"2"3\n', "row 1: ',' expected after '\"'"),
    ],
)
def test_the_first_fault_of_a_csv_is_told(body: bytes, told: str | None) -> None:
    assert csv_faults.describe(body) == told


@pytest.mark.parametrize(
    ("objective", "values", "told"),
    [
        ("binary:logistic", [0, 1, 0.5], None),
        ("binary:logistic", [0, 1, 2], "row 3: label must be in [0,1] for logistic regression, and it is 2."),
        ("multi:softmax", [0, 2, 3], "row 3: SoftmaxMultiClassObj: label must be in [0, num_class), that is [0, 3)"),
        ("multi:softmax", [0, 1.5], "row 2: SoftmaxMultiClassObj"),
        ("count:poisson", [0, -1], "row 2: PoissonRegression: label must be nonnegative, and it is -1."),
        ("reg:gamma", [1, 0], "row 2: label must be positive for gamma regression"),
        ("reg:squarederror", [-1e9, 1e9], None),
        ("reg:squarederror", [1, np.nan], "row 2: the label is missing"),
        ("reg:squarederror", [1, np.inf], "row 2: the label is inf"),
    ],
)
def test_a_label_that_the_objective_does_not_take_is_told(
    objective: str, values: list[float], told: str | None
) -> None:
    rule = labels.rule_for({"objective": objective, "num_class": 3})
    if told is None:
        labels.check(np.array(values), rule)
        return
    with pytest.raises(UserError) as refused:
        labels.check(np.array(values), rule)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("channel", "values", "refused"),
    [
        ("train", {"objective": "binary:logistic"}, True),
        ("train", {"objective": "binary:logistic", "base_score": 0.5}, False),
        ("train", {"objective": "binary:logistic", "base_score": 0.5, "eval_metric": ["auc"]}, True),
        ("validation", {"objective": "binary:logistic", "eval_metric": ["error", "auc"]}, True),
        ("validation", {"objective": "binary:logistic", "eval_metric": ["error"]}, False),
        ("train", {"objective": "reg:squarederror"}, False),
    ],
)
def test_one_class_is_refused_where_it_leaves_something_undefined(
    channel: str, values: dict[str, object], refused: bool
) -> None:
    labels.check_classes(channel, 0, 1, values)
    if not refused:
        labels.check_classes(channel, 1, 1, values)
        return
    with pytest.raises(UserError, match=f"All labels of the channel {channel} are 1"):
        labels.check_classes(channel, 1, 1, values)
