"""What a report gathers of a run that has ended: from Airflow's results, the warehouse and the endpoint."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.support import LocalAwsForTests
from tests.unit.yard.support import FakeAirflow, task
from yard.clients import Aws
from yard.home import Home
from yard.live import Live
from yard.ports import Ports
from yard.report import Report, collect, of_model
from yard.services import Running
from yard.session import Session
from yard.warehouse import Warehouse

BEGAN = datetime(2026, 2, 9, 8, 0, tzinfo=UTC)
OUTPUTS = {"WorkgroupName": "trainyard", "DatabaseName": "dev", "BucketName": "none"}
RESULTS: dict[str, Any] = {
    "learn.choose_hyperparameters": {
        "metric": "validation:auc",
        "objective": 0.83,
        "trial_list": [
            {"job": "t-1", "status": "Completed", "objective": 0.83, "hyperparameters": {"eta": 0.1}, "started": "x"},
            {"job": "t-2", "status": "Failed", "objective": None, "hyperparameters": {"eta": 0.9}, "started": "y"},
        ],
    },
    "learn.judge": {"challenger": {"auc": 0.86}, "champion": {}, "accepted": True, "reason": "good"},
    "release.publish_scores": {"table": "marketing.collected", "partition": "2026-02-02", "rows": 2},
    "release.smoke_test": {"request": "41,1", "answer": "0.5"},
}


@pytest.fixture
def session(local_aws: LocalAwsForTests, tmp_path: Path) -> Iterator[Session]:
    aws = Aws(local_aws.endpoint_url)
    warehouse = Warehouse(aws, OUTPUTS)
    warehouse.execute(
        [
            "CREATE SCHEMA IF NOT EXISTS marketing",
            "CREATE TABLE marketing.collected (lead_id varchar(64), score float8, partition_start date)",
            "INSERT INTO marketing.collected VALUES ('a', 0.25, '2026-02-02'), ('b', 0.75, '2026-02-02')",
        ],
        "make scores",
    )
    home = Home(tmp_path, tmp_path)
    yield Session(home, Running(home, Ports(), {}), ours=False, aws=aws, outputs=OUTPUTS)
    warehouse.execute(["DROP TABLE marketing.collected"], "clean up")


def report(session: Session, results: dict[str, Any], **request: Any) -> Report:
    airflow = FakeAirflow()
    airflow.results = results
    airflow.downstream = {name: [] for name in RESULTS}
    airflow.tasks = [task(name, "success", started=BEGAN, ended=BEGAN + timedelta(seconds=3)) for name in RESULTS]
    loaded = {"rows": 60_000, "best attainable AUC": 0.868}
    return collect(session, airflow.api(), "lead_scoring", "yard__1", began=BEGAN, loaded=loaded, request=request)


def test_trials_scores_and_facts_of_the_data_are_in_the_report(session: Session) -> None:
    found = report(session, RESULTS)
    assert found.trials is not None
    assert [trial.objective for trial in found.trials.trials] == [0.83, None]
    assert found.scored is not None
    assert found.scored.rows == 2
    assert found.scored.examples == (("b", 0.75), ("a", 0.25))
    assert found.loaded == {"rows": 60_000, "best attainable AUC": 0.868}
    assert found.metrics == {"challenger": {"auc": 0.86}}


def test_a_run_that_neither_searched_nor_scored_has_neither(session: Session) -> None:
    found = report(session, {"learn.judge": RESULTS["learn.judge"]})
    assert found.trials is None
    assert found.scored is None


def test_what_the_run_asked_itself_is_preferred_to_what_the_demo_would_ask(session: Session) -> None:
    assert report(session, RESULTS, user="u1").request == "41,1"
    assert report(session, {}, user="u1").request == {"user": "u1"}
    assert report(session, {}).request == {}


def test_a_report_can_be_kept_whatever_kind_of_mapping_its_request_is(session: Session) -> None:
    nothing: MappingProxyType[str, Any] = MappingProxyType({})
    airflow = FakeAirflow()
    airflow.downstream = {}
    found = collect(session, airflow.api(), "lead_scoring", "yard__1", began=BEGAN, loaded=nothing, request=nothing)
    assert json.loads(json.dumps(found.to_json(), default=str))["request"] == {}


@pytest.mark.parametrize(
    ("dag", "there", "expected"),
    [
        ("lead_scoring", ["lead", "lead-scoring", "lead-scoring-b"], "lead-scoring"),
        ("lead_scoring", ["lead", "lead-scoring-b"], "lead-scoring-b"),
        ("lead_scoring_daily", ["lead", "lead-scoring", "recommender"], "lead-scoring"),
        ("lead_scoring", ["recommender", "lead-scorings"], None),
    ],
)
def test_what_is_live_for_a_dag_is_the_endpoint_called_most_like_it(
    dag: str, there: list[str], expected: str | None
) -> None:
    found = of_model([Live(name, "InService", "config") for name in there], dag)
    assert (found.endpoint if found else None) == expected
