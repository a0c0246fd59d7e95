"""The recommender from warehouse to endpoint on local_aws: real SQL, Spark, training and serving on a small shop.

One Airflow process runs the DAG again and again; each test looks at one of the runs.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import by_pipeline
from tests.end_to_end.pipeline import Pipeline, Run, airflow, released
from tests.support import LocalAwsForTests
from trainyard.aws.ledger import Ledger
from trainyard.aws.objects import Objects
from trainyard.ledger import Record
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


@pytest.fixture(scope="module")
def ledger(local_aws: LocalAwsForTests, outputs: dict[str, str]) -> Callable[[str], Record | None]:
    """What the ledger says of a partition."""
    return Ledger(Objects(local_aws.client("s3"), ""), outputs["BucketName"], "recommender", "recommender").current


def contents(local_aws: LocalAwsForTests, bucket: str) -> dict[str, tuple[str, Any]]:
    """The checksum and the time of every object in the bucket."""
    pages = local_aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: (item["ETag"], item["LastModified"]) for page in pages for item in page.get("Contents", [])}


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


@pytest.fixture(scope="module")
def by_sagemaker(
    first: Run,
    local_aws: LocalAwsForTests,
    outputs: dict[str, str],
    airflow_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """The first model once more: trained and registered by the recommender's SageMaker pipeline, judged by a DAG."""
    assert by_pipeline.make(local_aws, outputs, by_pipeline.spec()) == ["created", "unchanged"]
    home = tmp_path_factory.mktemp("by_sagemaker")
    (home / airflow_database.name).write_bytes(airflow_database.read_bytes())
    dags = Path(__file__).with_name("dags")
    with airflow(local_aws, outputs, home, "trained_by_a_pipeline", dags) as pipeline:
        return pipeline.run(partition=FIRST, epochs=3, **SMALL, examples=first["build_examples"])


@pytest.mark.long
def test_a_sagemaker_pipeline_makes_the_same_model_of_the_same_examples(
    first: Run, by_sagemaker: Run, local_aws: LocalAwsForTests
) -> None:
    assert by_sagemaker.state == "success", by_sagemaker.log[-5000:]
    ran = by_sagemaker["train_by_pipeline"]
    assert list(ran["steps"]) == ["Train", "Evaluate", "Register", "IfApproved"]
    assert ran["steps"]["IfApproved"]["outcome"] == "False"  # it waits for the gate
    theirs, mine = first["train"]["artifact"], by_sagemaker["read_version"]["artifact"]
    assert by_pipeline.weights(local_aws, mine) == by_pipeline.weights(local_aws, theirs)


@pytest.mark.long
def test_its_version_says_the_same_in_the_registry_once_the_gate_has_judged_it(
    first: Run, by_sagemaker: Run, local_aws: LocalAwsForTests
) -> None:
    assert by_sagemaker["read_version"]["status"] == "PendingManualApproval"
    assert by_sagemaker["judge"]["accepted"], by_sagemaker["judge"]["reason"]
    theirs = by_pipeline.package(local_aws, first["register"]["model_package"])
    mine = by_pipeline.package(local_aws, by_sagemaker["adopt_version"]["model_package"])
    assert mine["ModelApprovalStatus"] == theirs["ModelApprovalStatus"] == "Approved"
    assert mine["ApprovalDescription"] == by_sagemaker["judge"]["reason"]
    assert mine["ModelPackageVersion"] > theirs["ModelPackageVersion"]
    measured = by_pipeline.quality(local_aws, mine)
    assert measured["challenger"] == by_pipeline.quality(local_aws, theirs)["challenger"]
    for version in (mine, theirs):
        for member in ("ModelDataUrl", "ModelDataETag"):  # the archive has the files' times in it
            del version["InferenceSpecification"]["Containers"][0][member]
    assert mine["InferenceSpecification"] == theirs["InferenceSpecification"]
    told, wanted = mine["CustomerMetadataProperties"], theirs["CustomerMetadataProperties"]
    # Who made it, how its archive was packed, and what it was compared with are its own.
    own = {"training_job", "dag_run", "reason", "artifact_sha256"}
    assert {key: told[key] for key in set(wanted) - own} == {key: wanted[key] for key in set(wanted) - own}


@pytest.mark.long
def test_a_pipeline_that_is_told_to_puts_its_version_live(
    first: Run, local_aws: LocalAwsForTests, outputs: dict[str, str]
) -> None:
    serving = dataclasses.replace(by_pipeline.spec().serving, endpoint="by-pipeline")
    spec = by_pipeline.spec(name="by_pipeline_alone", serving=serving)
    by_pipeline.make(local_aws, outputs, spec)
    examples, run = first["build_examples"], first["resolve_run"]
    place = f"s3://{outputs['BucketName']}/by_pipeline_alone/{FIRST}/run_pipeline/0123456789-1/"
    given = {"Partition": FIRST, "Code": run["code_prefix"], "CodeVersion": run["code_version"], "Output": place}
    given |= {"Examples": examples["examples"], "Manifest": examples["manifest"], "ManifestDigest": examples["digest"]}
    given |= {"epochs": "1", "batch_size": "1024", "ModelApprovalStatus": "Approved"}
    steps = by_pipeline.executed(local_aws, "by-pipeline-alone", given)
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ("Train", "Evaluate", "Register", "IfApproved", "CreateModel", "ConfigureEndpoint", "Deploy"), "Succeeded"
    ), steps
    request = json.dumps(examples["sample_request"]) if isinstance(examples["sample_request"], dict) else ""
    answer = local_aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="by-pipeline", ContentType="application/json", Body=request or examples["sample_request"]
    )
    assert json.loads(answer["Body"].read())["model_version"] == "1"


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


def test_the_ledger_tells_what_ran_from_what_with_which_result(
    first: Run, second: Run, ledger: Callable[[str], Record | None]
) -> None:
    told = ledger(SECOND)
    assert told
    assert (told.outcome, told.released, told.accepted) == ("complete", True, True)
    assert told.model_version == second["register"]["model_version"]
    assert told.metrics == second["judge"]["challenger"]
    assert told.steps["prepare.build_examples"]["digest"] == second["build_examples"]["digest"]
    assert told.fingerprint
    assert told.loads == second["wait_for_source"]["loads"]
    assert first["record"] == {"outcome": "complete", "reason": "", "is_result": True, "partition": FIRST}


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
    assert run.states("success") == {"resolve_run", "wait_for_source", "unload", "record"}
    assert run["unload"]["outcome"] == "empty"
    assert run["record"]["outcome"] == "empty"
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
    assert {"end_cluster", "record"} <= run.states("success")
    assert run["record"]["outcome"] == "failed"
    assert "prepare.build_examples" in run["record"]["reason"]
    assert not run["record"]["is_result"]  # what the week had before still counts
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


def test_an_older_week_again_gives_the_same_bytes_touches_nothing_else_and_leaves_the_newer_model_live(
    first: Run, second: Run, pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    bucket, s3 = outputs["BucketName"], local_aws.client("s3")
    place = first["build_examples"]["manifest"].removeprefix(f"s3://{bucket}/").removesuffix("manifest.json")
    for near in (place.replace("recommender/", "recommender2/", 1), place.replace("-1/", "-10/"), place + "examples/"):
        s3.put_object(Bucket=bucket, Key=f"{near}part-99999.parquet", Body=b"of somebody else")
    before = contents(local_aws, bucket)
    again = pipeline.run(partition=FIRST, epochs=3, **SMALL)
    after = contents(local_aws, bucket)
    assert again.state == "success", again.log[-5000:]
    assert by_pipeline.weights(local_aws, again["train"]["artifact"]) == by_pipeline.weights(
        local_aws, first["train"]["artifact"]
    )
    assert again["judge"]["challenger"] == first["judge"]["challenger"]
    assert again["unload"]["manifest"] != first["unload"]["manifest"]  # another generation, the former one untouched
    current = f"recommender/{FIRST}/ledger/recommender/current.json"
    assert {key for key in before if after.get(key) != before[key]} == {current}
    logs = f"logs/emr/{again['start_cluster']['cluster_id']}/"
    assert {key for key in after.keys() - before.keys() if not key.startswith((f"recommender/{FIRST}/", logs))} == set()
    assert "not compared: the live model is of partition 2026-02-09" in again["judge"]["reason"]
    found = by_pipeline.package(local_aws, again["register"]["model_package"])
    assert found["ModelApprovalStatus"] == "PendingManualApproval"  # a person may approve what nobody compared
    assert {"score", "deploy"} <= again.states("skipped")
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
