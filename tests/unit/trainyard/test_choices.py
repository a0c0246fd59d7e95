"""What the form's schema does not see is refused by the first task, by the name of the field."""

from typing import Any

import pytest

from trainyard.choices import FORM_BYTES, hyperparameters, refuse_contradictions, refuse_large, refuse_unknown
from trainyard.errors import ParamError


def test_an_unknown_field_of_the_form_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ParamError, match=r"'epoch'.*Did you mean 'epochs'"):
        refuse_unknown({"epoch": 3}, {"epochs", "lr"})


def test_known_fields_pass() -> None:
    refuse_unknown({"epochs": 3}, {"epochs", "lr"})


@pytest.mark.parametrize("form", [{"note": "x" * 10**7}, {"x" * 10**7: 1}, {"only": ["2026-02-02"] * 10**6}])
def test_ten_megabytes_are_refused_in_a_few_words(form: dict[str, Any]) -> None:
    with pytest.raises(ParamError, match=r"^Field '\w+'(\.\.\.)?: the form has \d") as refused:
        refuse_large({"tune": False, **form})
    assert len(str(refused.value)) < 200


def test_a_thousand_partitions_are_a_form() -> None:
    refuse_large({"only": ["2026-02-02"] * 1000, "tune": True})
    assert FORM_BYTES < 10**5


def test_a_name_of_ten_megabytes_is_not_repeated() -> None:
    with pytest.raises(ParamError) as refused:
        refuse_unknown({"e" * 10**7: 1}, {"epochs"})
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"warm_start": ["a"]}, "warm_start"),
        ({"warm_start": ["a"], "tune": False}, "warm_start"),
        ({"tune": True, "lr": 0.01}, "lr"),
        ({"release": False, "release_backfill": True}, "release_backfill"),
    ],
)
def test_what_cannot_both_be_meant_is_refused_by_its_field(form: dict[str, Any], field: str) -> None:
    with pytest.raises(ParamError, match=f"^Field '{field}'"):
        refuse_contradictions(form, {"lr"})


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"warm_start": [], "tune": False, "lr": 0.01},
        {"warm_start": ["a"], "tune": True, "lr": None, "epochs": 3},
        {"release": True, "release_backfill": True},
        {"release": False, "release_backfill": False},
    ],
)
def test_what_can_be_meant_passes(form: dict[str, Any]) -> None:
    refuse_contradictions(form, {"lr"})


def test_the_form_overrides_the_models_own_hyperparameters_and_no_others() -> None:
    own = {"epochs": 5, "lr": 0.001, "seed": 42}
    found = hyperparameters({"epochs": 3.0, "lr": 0.5, "seed": None, "tune": True}, own)
    assert found == {"epochs": 3, "lr": 0.5}
    assert isinstance(found["epochs"], int)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused_although_the_limits_of_a_schema_let_it_pass(value: float) -> None:
    with pytest.raises(ParamError, match="Field 'lr'"):
        hyperparameters({"lr": value}, {"lr": 0.001})
