"""Leads in a warehouse that runs SQL: what a load brings there, and what it leaves alone."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.support import LocalAwsForTests, stack_of
from yard import loading
from yard.clients import Aws
from yard.errors import YardError
from yard.leads import truth
from yard.leads.generate import generate
from yard.leads.table import LEADS
from yard.tables import Table
from yard.warehouse import Warehouse

NEWEST = date(2026, 5, 25)


@pytest.fixture(scope="module")
def aws(local_aws: LocalAwsForTests) -> Aws:
    return Aws(local_aws.endpoint_url)


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAwsForTests) -> dict[str, str]:
    return stack_of(local_aws)


@pytest.fixture(scope="module")
def leads() -> pd.DataFrame:
    return generate(rows=2_000, weeks=10, end=date(2026, 6, 1), seed=5)


class Told:
    """A warehouse with leads loaded, and short questions to it."""

    def __init__(self, aws: Aws, outputs: dict[str, str]) -> None:
        self.aws, self.outputs = aws, outputs
        self._warehouse = Warehouse(aws, outputs)

    def load(self, frame: pd.DataFrame, *, replace: bool = False, table: Table = LEADS) -> loading.Loaded:
        return loading.load(self.aws, self.outputs, table, frame, replace=replace)

    def __call__(self, sql: str) -> list[list[object]]:
        return self._warehouse.query(sql, "ask")

    @property
    def leads(self) -> pd.DataFrame:
        rows = self(f"SELECT {', '.join(LEADS.columns)} FROM marketing.leads ORDER BY lead_id")
        return pd.DataFrame(rows, columns=list(LEADS.columns))


@pytest.fixture
def warehouse(aws: Aws, outputs: dict[str, str], leads: pd.DataFrame) -> Iterator[Told]:
    told = Told(aws, outputs)
    assert told.load(leads, replace=True) == loading.Loaded(2_000, 10, NEWEST)
    yield told
    Warehouse(aws, outputs).execute([f"DROP TABLE {name}" for name in tables()], "clean up")


def tables() -> list[str]:
    return [LEADS.name, *(kind.table for kind in LEADS.complete)]


def test_every_value_arrives_as_it_is(warehouse: Told, leads: pd.DataFrame) -> None:
    found = warehouse.leads
    assert found["job"].to_list() == leads["job"].to_list()
    for column in ("age", "duration", "converted", "euribor3m"):
        np.testing.assert_array_equal(
            found[column].astype("Float64").to_numpy(na_value=np.nan, dtype=np.float64),
            leads[column].astype("Float64").to_numpy(na_value=np.nan, dtype=np.float64),
        )
    assert pd.to_datetime(found["created_at"]).to_list() == leads["created_at"].to_list()


def test_weeks_and_days_are_complete_with_as_many_rows_as_there_are(warehouse: Told) -> None:
    for kind in LEADS.complete:
        wrong = warehouse(
            f"SELECT p.partition_start, p.rows, COUNT(l.lead_id) FROM {kind.table} p LEFT JOIN marketing.leads l ON "
            f"l.created_at >= p.partition_start AND l.created_at < DATEADD(day, {kind.days}, p.partition_start) "
            "WHERE p.table_name = 'marketing.leads' GROUP BY 1, 2 HAVING p.rows <> COUNT(l.lead_id)"
        )
        assert wrong == []
        assert warehouse(f"SELECT COUNT(*), SUM(rows) FROM {kind.table}") == [[70 // kind.days, 2_000]]


def test_the_warehouse_splits_leads_as_we_do(warehouse: Told, leads: pd.DataFrame) -> None:
    """So that the best attainable AUC is told of the very leads that a model is tested on."""
    held = warehouse(
        "SELECT lead_id FROM marketing.leads WHERE STRTOL(LEFT(MD5(lead_id), 8), 16) % 100 >= 85 ORDER BY lead_id"
    )
    assert [lead for (lead,) in held] == [lead for lead in leads["lead_id"] if truth.is_for_test(lead)]


def test_loading_again_changes_nothing(warehouse: Told, leads: pd.DataFrame) -> None:
    before = warehouse.leads
    warehouse.load(leads)
    pd.testing.assert_frame_equal(warehouse.leads, before)
    assert warehouse("SELECT COUNT(*), SUM(rows) FROM marketing.days") == [[70, 2_000]]


def test_the_weeks_of_a_file_take_the_place_of_what_was_there_and_others_stay(
    warehouse: Told, leads: pd.DataFrame
) -> None:
    newest = leads[leads["created_at"] >= pd.Timestamp(NEWEST)].iloc[::2]
    warehouse.load(newest)
    older = int((leads["created_at"] < pd.Timestamp(NEWEST)).sum())
    assert warehouse("SELECT COUNT(*) FROM marketing.leads") == [[older + len(newest)]]
    assert warehouse(f"SELECT rows FROM marketing.weeks WHERE partition_start = '{NEWEST}'") == [[len(newest)]]
    assert warehouse("SELECT COUNT(*) FROM marketing.weeks") == [[10]]


def test_replacing_leaves_nothing_of_what_was_there(warehouse: Told, leads: pd.DataFrame) -> None:
    newest = leads[leads["created_at"] >= pd.Timestamp(NEWEST)]
    assert warehouse.load(newest, replace=True) == loading.Loaded(len(newest), 1, NEWEST)
    assert warehouse("SELECT COUNT(*) FROM marketing.leads") == [[len(newest)]]
    assert warehouse("SELECT SUM(rows) FROM marketing.days") == [[len(newest)]]


def test_a_load_that_fails_leaves_its_week_as_it_was_and_nothing_in_the_bucket(
    warehouse: Told, leads: pd.DataFrame, aws: Aws, outputs: dict[str, str]
) -> None:
    before = warehouse.leads
    newest = leads[leads["created_at"] >= pd.Timestamp(NEWEST)].copy()
    newest["contact"] = "a text that is too long for its column"
    with pytest.raises(YardError, match="The warehouse refused to load 2026-05-25 until 2026-06-01"):
        warehouse.load(newest)
    pd.testing.assert_frame_equal(warehouse.leads, before)
    assert warehouse("SELECT SUM(rows) FROM marketing.weeks") == [[2_000]]
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=outputs["BucketName"], Prefix="tmp/load/")
