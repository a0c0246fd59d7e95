"""Several days read as one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.trainyard.made_up import RUN
from trainyard.errors import InputError
from trainyard.rollup import days_of, merged


def unloaded(day: str, rows: int, *columns: tuple[str, str]) -> dict[str, Any]:
    """What Redshift writes about an UNLOAD of one file."""
    entry = {"url": f"s3://bucket/{day}/0000_part_00", "meta": {"content_length": 10 * rows, "record_count": rows}}
    elements = [{"name": name, "type": {"base": kind}} for name, kind in columns or [("label", "integer")]]
    return {"entries": [entry], "schema": {"elements": elements}, "meta": {"record_count": rows}}


def test_a_week_has_its_seven_days_and_a_month_as_many_as_it_has() -> None:
    assert days_of(RUN) == tuple(f"2026-02-0{n}" for n in range(2, 9))
    february = replace(RUN, partition="2024-02-01", partition_end="2024-03-01", starts_at="", ends_at="")
    assert len(days_of(february)) == 29


def test_the_files_of_all_days_are_read_as_of_one_unload() -> None:
    found = merged("train", {"2026-02-02": unloaded("2026-02-02", 3), "2026-02-03": unloaded("2026-02-03", 4)})
    assert [entry["url"] for entry in found["entries"]] == [
        "s3://bucket/2026-02-02/0000_part_00",
        "s3://bucket/2026-02-03/0000_part_00",
    ]
    assert found["meta"] == {"record_count": 7, "content_length": 70}
    assert found["schema"]["elements"] == [{"name": "label", "type": {"base": "integer"}}]


@pytest.mark.parametrize("columns", [[("label", "bigint")], [("label", "integer"), ("age", "integer")]])
def test_days_whose_columns_differ_are_refused_naming_both_days(columns: list[tuple[str, str]]) -> None:
    days = {"2026-02-02": unloaded("2026-02-02", 3), "2026-02-05": unloaded("2026-02-05", 4, *columns)}
    with pytest.raises(InputError, match=r"'train'.*2026-02-02 and on 2026-02-05: (age|label) \("):
        merged("train", days)


def test_the_order_of_the_columns_counts_too() -> None:
    first, second = ("label", "integer"), ("age", "integer")
    days = {"2026-02-02": unloaded("a", 3, first, second), "2026-02-05": unloaded("b", 4, second, first)}
    with pytest.raises(InputError, match="their order"):
        merged("train", days)


def test_a_dataset_without_any_row_in_the_whole_week_is_refused_by_its_name() -> None:
    with pytest.raises(InputError, match="'test'"):
        merged("test", {})
