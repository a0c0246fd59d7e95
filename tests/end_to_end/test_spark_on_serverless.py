"""A model whose Spark job runs on EMR Serverless: no cluster to start, the same examples, the job's own words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.pipeline import Pipeline, Run, airflow, released
from tests.support import LocalAwsForTests

PARTITION = "2026-02-02"

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def pipeline(local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    dags = Path(__file__).with_name("dags")
    with airflow(local_aws, outputs, airflow_home, "spark_on_serverless", dags) as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def done(pipeline: Pipeline) -> Run:
    """One run of one partition."""
    return pipeline.run(partition=PARTITION)


def test_the_examples_are_made_without_a_cluster(done: Run, local_aws: LocalAwsForTests) -> None:
    assert done.state == "success", done.log[-5000:]
    steps = {"resolve_run", "wait_for_source", "unload", "wait_for_manifest", "build_examples"}
    assert done.states("success") == steps
    built = done["build_examples"]
    assert built["rows"] == built["summary"]["train_rows"] > 0
    bucket, _, key = built["manifest"].removeprefix("s3://").partition("/")
    manifest = json.loads(local_aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert manifest["outcome"] == "complete"


def test_the_job_ran_in_the_stacks_application_as_its_role(
    done: Run, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    serverless, application = local_aws.client("emr-serverless"), outputs["SparkApplicationId"]
    listed = [
        run
        for run in serverless.list_job_runs(applicationId=application)["jobRuns"]
        if run["name"].startswith(done["build_examples"]["job"])
    ]
    assert len(listed) == 1
    run = serverless.get_job_run(applicationId=application, jobRunId=listed[0]["id"])["jobRun"]
    assert run["state"] == "SUCCESS"
    assert run["executionRole"] == outputs["EmrServerlessRoleArn"]
    assert run["tags"]["trainyard:partition"] == PARTITION
    assert done["build_examples"]["seconds"] == run["totalExecutionDurationSeconds"]


def test_a_spark_job_that_throws_fails_in_its_task_with_its_own_words(
    done: Run, pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    assert done.state
    script = "raise ValueError('no such luck')"
    version = released(outputs, local_aws, "spark_jobs/recommender/build_examples.py", script)
    run = pipeline.run(partition=PARTITION, code_version=version)
    assert run.states("failed") == {"build_examples"}
    assert "Last few exceptions: ValueError: no such luck" in run.log
    assert "| ValueError: no such luck" in run.log  # the driver's log, read from where the run left it


def test_another_release_than_the_models_is_refused_before_anything_is_started(
    done: Run, pipeline: Pipeline, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    assert done.state
    serverless, application = local_aws.client("emr-serverless"), outputs["SparkApplicationId"]
    before = len(serverless.list_job_runs(applicationId=application)["jobRuns"])
    serverless.stop_application(applicationId=application)
    while serverless.get_application(applicationId=application)["application"]["state"] != "STOPPED":
        pass
    serverless.update_application(applicationId=application, clientToken="other", releaseLabel="emr-7.12.0")
    run = pipeline.run(partition=PARTITION)
    assert run.states("failed") == {"build_examples"}
    assert f"the EMR Serverless application {application} has emr-7.12.0" in run.log
    assert len(serverless.list_job_runs(applicationId=application)["jobRuns"]) == before
