"""The recommender from warehouse to endpoint on local_aws: real SQL, Spark, training and serving on a small shop.

One Airflow process runs the DAG again and again; each test looks at one of the runs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.pipeline import Pipeline, Run, airflow, released
from tests.support import LocalAwsForTests
from yard import environment

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "2026-02-02", "2026-02-09"
#: A small shop has few events: steps over large batches would be too few to learn from.
SMALL = {"batch_size": 1024, "lr": 0.003}

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def pipeline(local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    with airflow(local_aws, outputs, airflow_home, "recommender") as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def refused(pipeline: Pipeline) -> Run:
    """A model that has learned nothing: one epoch of tiny steps."""
    return pipeline.run(partition=FIRST, epochs=1, lr=1e-5)


@pytest.fixture(scope="module")
def first(refused: Run, pipeline: Pipeline) -> Run:
    """The first model that goes live; nothing is live before."""
    assert refused.state
    return pipeline.run(partition=FIRST, epochs=3, **SMALL)


@pytest.fixture(scope="module")
def second(first: Run, pipeline: Pipeline) -> Run:
    """The next week, and a better model: it meets a champion."""
    assert first.state
    return pipeline.run(partition=SECOND, epochs=7, **SMALL)


def live_config(local_aws: LocalAwsForTests) -> str:
    """The name of the config that the endpoint serves."""
    return str(local_aws.client("sagemaker").describe_endpoint(EndpointName="recommender")["EndpointConfigName"])


def test_a_model_that_learned_nothing_is_registered_but_goes_nowhere(refused: Run, local_aws: LocalAwsForTests) -> None:
    assert refused.state == "success", refused.log[-5000:]
    assert not refused["judge"]["accepted"]
    assert refused.states("skipped") == {"choose_hyperparameters", "score", "deploy", "smoke_test", "retire"}
    found = local_aws.client("sagemaker").describe_model_package(ModelPackageName=refused["register"]["model_package"])
    assert found["ModelApprovalStatus"] == "Rejected"
    assert refused["judge"]["reason"] in found["CustomerMetadataProperties"]["reason"]
    assert refused["judge"]["reason"] in refused.log


def test_a_run_goes_from_the_warehouse_to_a_live_endpoint(first: Run) -> None:
    assert first.state == "success", first.log[-5000:]
    assert first.states("failed", "upstream_failed") == set()
    assert first.states("skipped") == {"choose_hyperparameters"}
    assert first["smoke_test"]["answer"]["model_version"] == str(first["deploy"]["model_version"])


def test_every_step_tells_its_rows(first: Run) -> None:
    assert (
        first["unload"]["rows"] == first["wait_for_manifest"]["rows"] == first["build_examples"]["summary"]["rows_in"]
    )
    assert first["score"]["rows"] == first["score"]["rows_in"] == first["build_examples"]["summary"]["users"]


def test_an_inference_script_that_does_not_load_fails_before_it_could_go_live(
    first: Run, pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    script = "import a_package_that_nobody_has\n"
    version = released(outputs, local_aws, "training_jobs/ncf/inference.py", script)
    run = pipeline.run(partition=SECOND, code_version=version, epochs=7, **SMALL)
    assert run["judge"]["accepted"], run["judge"]["reason"]  # a good model: only its serving is broken
    assert run.states("failed") == {"score"}
    assert run.states("upstream_failed") == {"deploy", "smoke_test", "retire"}
    assert "No module named 'a_package_that_nobody_has'" in run.log
    assert live_config(local_aws) == first["deploy"]["endpoint_config"]
    answer = local_aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="recommender", ContentType="application/json", Body=b'{"user": "nobody"}'
    )
    assert json.loads(answer["Body"].read())["model_version"] == str(first["deploy"]["model_version"])


def test_the_model_learned_what_popularity_does_not_know(second: Run) -> None:
    verdict = second["judge"]
    assert verdict["challenger"]["ndcg@10"] > verdict["baseline"]["ndcg@10"]


def test_every_step_published_a_manifest_that_says_the_truth(first: Run, local_aws: LocalAwsForTests) -> None:
    s3 = local_aws.client("s3")
    for step in ("unload", "build_examples", "train", "evaluate", "score"):
        bucket, _, key = first[step]["manifest"].removeprefix("s3://").partition("/")
        manifest = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        assert manifest["outcome"] == "complete"
        for file in manifest["files"]:
            assert s3.head_object(Bucket=bucket, Key=file["key"])["ContentLength"] == file["size"]


def test_the_registry_tells_what_the_version_was_made_from(first: Run, local_aws: LocalAwsForTests) -> None:
    name = first["register"]["model_package"]
    found = local_aws.client("sagemaker").describe_model_package(ModelPackageName=name)
    told = found["CustomerMetadataProperties"]
    assert found["ModelApprovalStatus"] == "Approved"
    assert told["partition"] == FIRST
    assert told["manifest_digest"] == first["build_examples"]["digest"]
    assert told["artifact_sha256"] == first["register"]["checksum"]
    assert told["code_version"] == first["resolve_run"]["code_version"]


def test_no_cluster_and_no_job_is_left(second: Run, local_aws: LocalAwsForTests) -> None:
    assert second.state in {"success", "failed"}
    alive = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]
    assert local_aws.client("emr").list_clusters(ClusterStates=alive)["Clusters"] == []
    assert local_aws.client("sagemaker").list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"] == []


def test_the_second_model_is_compared_with_the_champion_on_its_own_partition(first: Run, second: Run) -> None:
    assert second.state == "success", second.log[-5000:]
    assert second["find_champion"]["model_version"] == first["deploy"]["model_version"]
    assert second["judge"]["champion"]["ndcg@10"] > 0
    assert "champion" in second["judge"]["reason"]
    assert second["judge"]["accepted"], second["judge"]["reason"]


def test_the_endpoint_now_serves_the_second_model(first: Run, second: Run, local_aws: LocalAwsForTests) -> None:
    assert live_config(local_aws) == second["deploy"]["endpoint_config"] != first["deploy"]["endpoint_config"]
    assert second["smoke_test"]["answer"]["model_version"] == str(second["deploy"]["model_version"])


def test_an_unknown_field_of_the_form_is_refused_by_name(pipeline: Pipeline) -> None:
    run = pipeline.run(partition=FIRST, epoch=3)
    assert run.states("failed") == {"resolve_run"}
    assert "The form has no field 'epoch'. Did you mean 'epochs'?" in run.log


def test_a_day_that_is_no_monday_is_refused_with_its_monday(pipeline: Pipeline) -> None:
    run = pipeline.run(partition="2026-02-04")
    assert run.states("failed") == {"resolve_run"}
    assert "that day belongs to 2026-02-02" in run.log


def test_wrong_sql_fails_in_its_task_with_the_warehouses_own_words(
    pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    version = released(outputs, local_aws, "sql/recommender/interactions.sql", "SELEKT user_id FROM shop.interactions")
    run = pipeline.run(partition=FIRST, code_version=version)
    assert run.states("failed") == {"unload"}
    assert "redshift-data execute_statement" in run.log
    assert "syntax error" in run.log


def test_sql_that_asks_for_more_than_the_two_dates_is_refused(
    pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    version = released(outputs, local_aws, "sql/recommender/interactions.sql", "SELECT '{{ var.value.secret }}'")
    run = pipeline.run(partition=FIRST, code_version=version)
    assert run.states("failed") == {"unload"}
    assert "'var' is undefined" in run.log


def test_an_empty_partition_ends_the_run_green_and_says_so(
    pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    nothing = "SELECT user_id, item_id, occurred_at FROM shop.interactions WHERE occurred_at < '1900-01-01'"
    version = released(outputs, local_aws, "sql/recommender/interactions.sql", nothing)
    run = pipeline.run(partition=FIRST, code_version=version)
    assert run.state == "success"
    assert run.states("success") == {"resolve_run", "wait_for_source", "unload"}
    assert run["unload"]["outcome"] == "empty"
    assert "is empty: the source left no rows" in run.log


def test_a_spark_job_that_throws_fails_in_its_task_and_its_cluster_is_ended(
    second: Run, pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    version = released(
        outputs, local_aws, "spark_jobs/recommender/build_examples.py", "raise ValueError('no such luck')"
    )
    run = pipeline.run(partition=SECOND, code_version=version)
    assert run.states("failed") == {"build_examples"}
    assert "ValueError: no such luck" in run.log
    assert "end_cluster" in run.states("success")
    assert live_config(local_aws) == second["deploy"]["endpoint_config"]


def test_a_training_script_that_exits_with_1_fails_in_its_task_and_production_stays(
    second: Run, pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    script = "import sys\nprint('the features are all zero', flush=True)\nsys.exit(1)\n"
    version = released(outputs, local_aws, "training_jobs/ncf/train.py", script)
    run = pipeline.run(partition=SECOND, code_version=version)
    assert run.states("failed") == {"train"}
    assert "the features are all zero" in run.log  # the job's last lines stand in the task's own log
    assert "AlgorithmError" in run.log
    assert "ExitCode 1" in run.log
    assert "end_cluster" in run.states("success")
    assert live_config(local_aws) == second["deploy"]["endpoint_config"]


def test_old_versions_make_room_and_what_is_served_stays(first: Run, second: Run, local_aws: LocalAwsForTests) -> None:
    assert second["retire"] == {"endpoint_configs": [], "models": []}  # two versions, and three former ones may stay
    sagemaker = local_aws.client("sagemaker")
    live = sagemaker.describe_endpoint_config(EndpointConfigName=live_config(local_aws))
    for number in range(3):
        sagemaker.create_endpoint_config(
            EndpointConfigName=f"recommender-v0-{number}", ProductionVariants=live["ProductionVariants"]
        )
    code = (
        "from types import SimpleNamespace as N; import boto3, json; from trainyard.operators.retire import retire; "
        "print(json.dumps(vars(retire(N(client=boto3.client), 'recommender', 3))))"
    )
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": environment.REGION}
    where = {"AWS_ENDPOINT_URL": local_aws.endpoint_url, "PYTHONPATH": str(ROOT / "plugins")}
    said = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | keys | where, check=True, capture_output=True, text=True
    ).stdout
    gone = json.loads(said.splitlines()[-1])
    assert gone["endpoint_configs"] == [first["deploy"]["endpoint_config"]]  # the oldest; the live one is not looked at
    assert len(gone["models"]) == 1
    left = sagemaker.list_endpoint_configs(NameContains="recommender-v")["EndpointConfigs"]
    assert live_config(local_aws) in [config["EndpointConfigName"] for config in left]
    assert live["ProductionVariants"][0]["ModelName"] not in gone["models"]
