"""The scores that a run published, as the warehouse itself tells of them."""

from collections.abc import Iterator

import pytest

from tests.support import LocalAwsForTests
from yard.clients import Aws
from yard.scored import Scored, found
from yard.warehouse import Warehouse

PUBLISHED = {"table": "marketing.test_scores", "partition": "2026-02-02", "rows": 4}


@pytest.fixture
def warehouse(local_aws: LocalAwsForTests) -> Iterator[Warehouse]:
    """With the scores of two partitions in it."""
    warehouse = Warehouse(Aws(local_aws.endpoint_url), {"WorkgroupName": "trainyard", "DatabaseName": "dev"})
    warehouse.execute(
        [
            "CREATE SCHEMA IF NOT EXISTS marketing",
            "CREATE TABLE marketing.test_scores (lead_id varchar(64), score float8, partition_start date)",
            "INSERT INTO marketing.test_scores VALUES ('d', 0.25, '2026-02-02'), ('b', 0.75, '2026-02-02'), "
            "('a', 0.75, '2026-02-02'), ('c', 0.5, '2026-02-02'), ('z', 0.99, '2026-01-26')",
        ],
        "make scores",
    )
    yield warehouse
    warehouse.execute(["DROP TABLE marketing.test_scores"], "clean up")


def test_the_highest_scores_of_the_partition_are_read_from_the_warehouse(warehouse: Warehouse) -> None:
    assert found(warehouse, PUBLISHED) == Scored(
        "marketing.test_scores", "2026-02-02", 4, ("lead_id", "score"), (("a", 0.75), ("b", 0.75), ("c", 0.5))
    )


def test_a_run_that_published_nothing_has_no_scores(warehouse: Warehouse) -> None:
    assert found(warehouse, {}) is None


def test_a_table_that_is_gone_is_told_and_does_not_spoil_the_report(warehouse: Warehouse) -> None:
    scored = found(warehouse, {**PUBLISHED, "table": "marketing.gone"})
    assert scored is not None
    assert "gone" in scored.error
    assert scored.examples == ()


def test_what_is_no_name_of_a_table_never_gets_into_a_query(warehouse: Warehouse) -> None:
    scored = found(warehouse, {**PUBLISHED, "table": "marketing.test_scores; DROP TABLE marketing.test_scores"})
    assert scored is not None
    assert "is no name of a table" in scored.error
    assert found(warehouse, PUBLISHED) is not None
