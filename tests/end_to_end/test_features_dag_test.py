"""Seven days of features, the week that is made of them, and what each of them tells those who follow."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.pipeline import Pipeline, Run, airflow
from tests.support import LocalAwsForTests

WEEK = "2026-02-02"
DAYS = [(date.fromisoformat(WEEK) + timedelta(days=n)).isoformat() for n in range(7)]

pytestmark = [pytest.mark.end_to_end, pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def features(local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    with airflow(local_aws, outputs, airflow_home, "lead_features") as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def six(features: Pipeline) -> list[Run]:
    return [features.run(partition=day) for day in DAYS[:-1]]


@pytest.fixture(scope="module")
def rollup(
    six: list[Run], local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path
) -> Iterator[Pipeline]:
    assert six
    with airflow(local_aws, outputs, airflow_home, "lead_scoring_rollup") as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def too_early(rollup: Pipeline) -> Run:
    return rollup.run(partition=WEEK)


@pytest.fixture(scope="module")
def seventh(too_early: Run, features: Pipeline) -> Run:
    assert too_early.state
    return features.run(partition=DAYS[-1])


@pytest.fixture(scope="module")
def week(seventh: Run, rollup: Pipeline) -> Run:
    assert seventh.state
    return rollup.run(partition=WEEK, num_round=30, release=False)


def events(home: Path, asset: str) -> list[tuple[str, dict[str, Any]]]:
    """Partition key and extra of an asset's events, in their order."""
    with sqlite3.connect(home / "airflow.db") as database:
        found = database.execute(
            "SELECT e.partition_key, e.extra FROM asset_event e JOIN asset a ON a.id = e.asset_id "
            "WHERE a.name = ? ORDER BY e.id",
            (asset,),
        ).fetchall()
    return [(key, json.loads(extra)) for key, extra in found]


def test_each_day_tells_that_it_is_there_with_its_partition_and_digest(six: list[Run], airflow_home: Path) -> None:
    assert [run.state for run in six] == ["success"] * 6, six[0].log[-5000:]
    told = events(airflow_home, "lead_features_examples")[:6]
    assert [key for key, _ in told] == DAYS[:6]
    assert [extra["digest"] for _, extra in told] == [run["publish_features"]["digest"] for run in six]


def test_a_week_of_six_days_names_the_seventh_and_starts_nothing(too_early: Run) -> None:
    assert too_early.state == "failed"
    assert too_early.states("failed") == {"find_features"}
    assert f"Missing: {DAYS[-1]}" in too_early.log


def test_a_week_reads_exactly_what_its_days_left(six: list[Run], seventh: Run, week: Run) -> None:
    assert week.state == "success", week.log[-5000:]
    days = [*six, seventh]
    assert week["find_features"]["days"] == {
        day: run["publish_features"]["digest"] for day, run in zip(DAYS, days, strict=True)
    }
    for dataset, told in week["find_features"]["datasets"].items():
        assert told["rows"] == sum(run[f"unload_{dataset}"]["rows"] for run in days) > 0
        assert week["build_examples"]["summary"][f"{dataset}_rows"] == told["rows"]


def test_a_skipped_task_tells_nothing(week: Run, airflow_home: Path) -> None:
    assert week.states("skipped") >= {"deploy", "publish_scores"}
    assert events(airflow_home, "lead_scoring_rollup_live") == []
    assert events(airflow_home, "lead_scoring_rollup_scores") == []
    assert [key for key, _ in events(airflow_home, "lead_scoring_rollup_examples")] == [WEEK]


def test_a_day_that_is_built_again_names_its_week_and_starts_it_only_when_asked_to(
    week: Run, features: Pipeline, airflow_home: Path
) -> None:
    assert week.state
    before = len(events(airflow_home, "lead_features_examples"))
    again = features.run(partition=DAYS[2])
    assert again.state == "success", again.log[-5000:]
    assert again.states("skipped") == {"announce_features"}
    assert f"week {WEEK}" in again.log
    assert len(events(airflow_home, "lead_features_examples")) == before
    asked = features.run(partition=DAYS[2], rebuild_week=True)
    assert asked.state == "success", asked.log[-5000:]
    told = events(airflow_home, "lead_features_examples")[before:]
    assert sorted(key for key, _ in told) == DAYS
    assert {extra["rebuild"] for _, extra in told} == {True}
