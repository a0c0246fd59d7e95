"""The fields of a run's form, as a person writes them."""

import pytest

from yard.errors import YardError
from yard.run import parse_param
from yard.say import seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("epochs=5", 5),
        ("lr=1e-3", 0.001),
        ("tune=true", True),
        ("partition=2026-02-02", "2026-02-02"),
        ("note=a=b", "a=b"),
        ("code_version=", ""),
        ("layers=[1, 2]", [1, 2]),
    ],
)
def test_a_value_is_what_it_looks_like(text: str, value: object) -> None:
    assert parse_param(text) == (text.partition("=")[0], value)


@pytest.mark.parametrize("text", ["epochs", "=5", ""])
def test_a_field_without_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(YardError, match="says no value"):
        parse_param(text)


@pytest.mark.parametrize(
    ("length", "said"),
    [(0.04, "0.0 s"), (3.21, "3.2 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"),
     (3599.6, "1:00:00"), (3723, "1:02:03")],
)  # fmt: skip
def test_times_are_told_as_people_read_them(length: float, said: str) -> None:
    assert seconds(length) == said
