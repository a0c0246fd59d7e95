"""How commands talk to people."""

import pytest

from yard import say


def test_one_is_not_several() -> None:
    assert [say.count(number, "run") for number in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]


@pytest.mark.parametrize(("length", "told"), [(0.42, "0.4 s"), (42, "42 s"), (185, "3 min 05 s"), (3723, "1:02:03")])
def test_a_length_of_time_is_told_as_people_read_it(length: float, told: str) -> None:
    assert say.seconds(length) == told
