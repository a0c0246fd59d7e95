"""Lead scoring on local_aws: from the warehouse and back into it, every week with a training and every day without.

One Airflow process a DAG; each test looks at one of the runs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.pipeline import Pipeline, Run, airflow
from tests.support import LocalAwsForTests
from yard.clients import Aws
from yard.warehouse import Warehouse

FIRST, SECOND = "2026-02-02", "2026-02-09"
A_DAY, ANOTHER_DAY = "2026-02-10", "2026-02-11"
#: Small data: fewer rounds are enough.
SMALL = {"num_round": 60}

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def warehouse(local_aws: LocalAwsForTests, outputs: dict[str, str]) -> Warehouse:
    return Warehouse(Aws(local_aws.endpoint_url), outputs)


@pytest.fixture(scope="module")
def weekly(local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    with airflow(local_aws, outputs, airflow_home, "lead_scoring") as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def first(weekly: Pipeline) -> Run:
    """The first model, put live."""
    return weekly.run(partition=FIRST, **SMALL)


@pytest.fixture(scope="module")
def second(first: Run, weekly: Pipeline) -> Run:
    """The next week, with a search: it meets a champion."""
    assert first.state
    return weekly.run(partition=SECOND, tune=True, **SMALL)


@pytest.fixture(scope="module")
def daily(second: Run, local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    """The DAG that scores a day's leads; something is live when it runs."""
    assert second.state
    with airflow(local_aws, outputs, airflow_home, "lead_scoring_daily") as pipeline:
        yield pipeline


def scores(warehouse: Warehouse, table: str, partition: str) -> dict[str, tuple[float, int]]:
    """Score and model version by lead; a lead that stands twice is an error."""
    rows = warehouse.query(
        f"SELECT lead_id, score, model_version FROM marketing.{table} WHERE partition_start = '{partition}'", "look"
    )
    found = {lead: (float(score), int(version)) for lead, score, version in rows}
    assert len(found) == len(rows)
    return found


def leads(warehouse: Warehouse, start: str, days: int) -> set[str]:
    rows = warehouse.query(
        f"SELECT lead_id FROM marketing.leads WHERE created_at >= '{start}' "
        f"AND created_at < DATEADD(day, {days}, CAST('{start}' AS date))",
        "look",
    )
    return {row[0] for row in rows}


def lines(local_aws: LocalAwsForTests, uri: str) -> list[str]:
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    s3 = local_aws.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
    return [line for body in bodies for line in body.splitlines()]


def test_a_run_goes_from_the_warehouse_to_a_live_endpoint_and_back_into_the_warehouse(
    first: Run, warehouse: Warehouse
) -> None:
    assert first.state == "success", first.log[-5000:]
    assert first.states("skipped") == {"choose_hyperparameters"}
    assert first["evaluate"]["challenger"]["auc"] > first["evaluate"]["baseline"]["auc"] > 0.5
    found = scores(warehouse, "lead_scores", FIRST)
    assert set(found) == leads(warehouse, FIRST, 7)
    assert {version for _, version in found.values()} == {first["register"]["model_version"]}


def test_rows_are_the_same_at_every_step(first: Run, warehouse: Warehouse) -> None:
    rows = len(leads(warehouse, FIRST, 7))
    built = first["build_examples"]["summary"]
    assert rows == first["unload_leads"]["rows"] == built["leads_rows"]
    assert rows == first["score"]["rows_in"] == first["score"]["rows"] == first["publish_scores"]["rows"]
    for dataset in ("train", "validation", "test"):
        assert first[f"unload_{dataset}"]["rows"] == built[f"{dataset}_rows"] > 0


def test_scores_are_joined_to_their_leads_by_key(first: Run, local_aws: LocalAwsForTests, warehouse: Warehouse) -> None:
    """The endpoint, asked for leads one by one, says what the warehouse holds for their keys."""
    place = first["build_examples"]["manifest"].removesuffix("manifest.json")
    found, runtime = scores(warehouse, "lead_scores", FIRST), local_aws.client("sagemaker-runtime")
    version = first["register"]["model_version"]
    live = local_aws.client("sagemaker").describe_endpoint(EndpointName="lead-scoring")["EndpointConfigName"]
    assert f"-v{version}-" in live, "this test must run before another version goes live"
    for line in lines(local_aws, f"{place}score_requests/")[::40]:
        key, _, features = line.partition(",")
        answer = runtime.invoke_endpoint(EndpointName="lead-scoring", ContentType="text/csv", Body=features)
        assert float(answer["Body"].read()) == pytest.approx(found[key][0], rel=1e-6)


def test_no_lead_is_in_two_splits_and_each_is_in_the_same_one_every_week(
    first: Run, second: Run, warehouse: Warehouse
) -> None:
    known = "SELECT COUNT(*) FROM marketing.leads WHERE converted IS NOT NULL AND created_at < '{}'"
    for run, end in ((first, "2026-02-09"), (second, "2026-02-16")):
        split = sum(run[f"unload_{dataset}"]["rows"] for dataset in ("train", "validation", "test"))
        assert split == int(warehouse.query(known.format(end), "count")[0][0])
    assert second["unload_test"]["rows"] >= first["unload_test"]["rows"]


def test_a_search_is_told_trial_by_trial_and_its_best_model_goes_on(second: Run, local_aws: LocalAwsForTests) -> None:
    assert second.state == "success", second.log[-5000:]
    chosen = second["choose_hyperparameters"]
    trials = chosen["trial_list"]
    assert len(trials) == 8
    best = max((trial for trial in trials if trial["objective"] is not None), key=lambda trial: trial["objective"])
    assert chosen["hyperparameters"] == best["hyperparameters"]
    assert second["train"]["hyperparameters"] | best["hyperparameters"] == second["train"]["hyperparameters"]
    assert second["train"]["job"] == best["job"]
    assert best["objective"] == pytest.approx(second["train"]["metrics"]["validation:auc"])
    place = second["train"]["manifest"].rpartition("/")[0]
    assert second["train"]["artifact"].startswith(place)
    trained = local_aws.client("sagemaker").list_training_jobs(NameContains=place.rpartition("/")[2])
    assert trained["TrainingJobSummaries"] == [], "the same training was paid for twice"


def test_a_champion_is_measured_on_the_same_rows_with_its_own_encoding(first: Run, second: Run) -> None:
    assert second["evaluate"]["champion_version"] == first["register"]["model_version"]
    assert second["find_champion"]["encoding"] == first["build_examples"]["encoding"]
    assert second["evaluate"]["champion"]["auc"] > second["evaluate"]["baseline"]["auc"]


def test_another_weeks_scores_are_left_as_they_were(first: Run, second: Run, warehouse: Warehouse) -> None:
    assert {version for _, version in scores(warehouse, "lead_scores", FIRST).values()} == {
        first["register"]["model_version"]
    }
    if second["register"]["approved"]:
        assert set(scores(warehouse, "lead_scores", SECOND)) == leads(warehouse, SECOND, 7)


def test_a_day_is_scored_by_what_is_live_without_a_training(
    daily: Pipeline, local_aws: LocalAwsForTests, warehouse: Warehouse
) -> None:
    run = daily.run(partition=A_DAY)
    assert run.state == "success", run.log[-5000:]
    found = scores(warehouse, "lead_scores_daily", A_DAY)
    assert set(found) == leads(warehouse, A_DAY, 1)
    assert {version for _, version in found.values()} == {run["find_live"]["model_version"]}
    another = f"SELECT '{ANOTHER_DAY}', lead_id, score, 1, scored_at FROM marketing.lead_scores_daily"
    warehouse.execute([f"INSERT INTO marketing.lead_scores_daily {another}"], "score another day")
    untouched = scores(warehouse, "lead_scores_daily", ANOTHER_DAY)
    warehouse.execute(
        [f"DELETE FROM marketing.lead_scores_daily WHERE partition_start = '{A_DAY}' AND lead_id LIKE '%7'"],
        "lose some",
    )
    assert daily.run(partition=A_DAY).state == "success"
    assert scores(warehouse, "lead_scores_daily", A_DAY) == found
    assert scores(warehouse, "lead_scores_daily", ANOTHER_DAY) == untouched != {}


def test_a_day_without_leads_is_an_outcome(daily: Pipeline, warehouse: Warehouse) -> None:
    warehouse.execute(
        ["INSERT INTO marketing.days VALUES ('marketing.leads', '2026-03-02', 0, GETDATE())"], "an empty day"
    )
    run = daily.run(partition="2026-03-02")
    assert run.state == "success"
    assert run.states("skipped") >= {"wait_for_manifest", "find_live", "score", "publish_scores"}
    assert "Partition 2026-03-02 is empty" in run.log


@pytest.fixture(scope="module")
def on_two(first: Run, local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Run]:
    """The same week on EMR Serverless and two spot machines, on from what is live."""
    assert first.state
    dags = Path(__file__).with_name("dags")
    with airflow(local_aws, outputs, airflow_home, "lead_scoring_on_two", dags) as pipeline:
        yield pipeline.run(partition=FIRST, **SMALL)


@pytest.mark.long
def test_two_spot_machines_go_on_from_the_live_model(on_two: Run, first: Run, local_aws: LocalAwsForTests) -> None:
    assert on_two.state == "success", on_two.log[-5000:]
    job: dict[str, Any] = local_aws.client("sagemaker").describe_training_job(TrainingJobName=on_two["train"]["job"])
    assert job["ResourceConfig"]["InstanceCount"] == 2
    assert job["EnableManagedSpotTraining"]
    assert json.dumps(job["InputDataConfig"]).count("ShardedByS3Key") == 1
    channels = {channel["ChannelName"]: channel["DataSource"]["S3DataSource"] for channel in job["InputDataConfig"]}
    assert channels["model"]["S3Uri"].endswith("/former/")
    assert on_two["build_examples"]["encoding"] != on_two["find_live"]["encoding"]  # a copy, with the same in it
    one, two = (run["evaluate"]["challenger"]["auc"] for run in (first, on_two))
    assert two > one - 0.02  # about 1,700 test rows
