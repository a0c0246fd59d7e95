"""The table of a model's partitions: which result counts, and what is live of each."""

from dataclasses import replace

import pytest

from tests.unit.yard.backfill.test_plan import BUILT, FAILED
from trainyard.ledger import Record
from yard.backfill.history import History
from yard.partitions import table

FIRST = replace(BUILT, model_package="arn:1", model_version=1, released=True)
AGAIN = replace(BUILT, run_id="again", model_package="arn:2", model_version=2)


def released(*records: Record, current: Record | None, package: str) -> str:
    """What the row of a partition says under *released*."""
    shown = table({BUILT.partition: History(records, current)}, "ndcg@10", package)
    (told,) = next(column for column in shown.columns if column.header == "released").cells
    return str(told)


@pytest.mark.parametrize(
    ("records", "current", "package", "told"),
    [
        ((FIRST,), FIRST, "arn:1", "live"),
        ((FIRST,), FIRST, "arn:9", "was live"),
        ((AGAIN,), AGAIN, "arn:1", "no"),
        ((AGAIN,), AGAIN, "", "no"),
        ((FIRST, AGAIN), AGAIN, "arn:1", "live: v1"),  # built again since, and not released
        ((replace(FIRST, outcome="failed"),), None, "arn:1", "live: v1"),  # it failed after its release
        ((FAILED,), None, "", ""),
    ],
)
def test_what_is_live_of_a_partition(
    records: tuple[Record, ...], current: Record | None, package: str, told: str
) -> None:
    assert released(*records, current=current, package=package) == told
