"""Job runs: the same program as on EMR Serverless, on the buckets of this machine."""

from pathlib import Path
from typing import Any

import pytest

from local_aws.services.emr_serverless import running
from tests.local_aws.emr.support import runs, until
from tests.local_aws.emr_serverless.support import WAITS, Applications

pytestmark = pytest.mark.spark

#: Writes what its argument says and how it was configured, then fails on purpose: one JVM shows both.
PROGRAM = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(7).write.parquet(f"s3://{sys.argv[1]}/table/")
print("rows", spark.read.parquet(f"s3://{sys.argv[1]}/table/").count())
for key in ("spark.app.owner", "spark.app.place", "spark.sql.ansi.enabled"):
    print(key, spark.conf.get(key))
if sys.argv[2] == "fail":
    raise ValueError("no interactions in week 7")
"""


@pytest.fixture(scope="module")
def application(applications: Applications) -> str:
    """One application for all runs."""
    defaults = {"classification": "spark-defaults", "properties": {"spark.app.owner": "all", "spark.app.place": "app"}}
    return applications.create(name="shared", runtimeConfiguration=[defaults])


@pytest.fixture(scope="module")
def failed(applications: Applications, application: str) -> dict[str, Any]:
    """A run of that program to its bitter end."""
    overrides = {
        "applicationConfiguration": [
            {"classification": "spark-defaults", "properties": {"spark.sql.ansi.enabled": "false"}},
            {"classification": "emrfs-site", "properties": {"fs.s3.enableServerSideEncryption": "true"}},
        ],
        "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": f"s3://{applications.bucket}/logs"}},
    }
    parameters = "--conf spark.app.owner='me myself' --conf spark.executor.instances=2 --conf spark.executor.memory=4g"
    run = applications.start(
        application,
        applications.put("code/program.py", PROGRAM),
        applications.bucket,
        "fail",
        parameters=parameters,
        configurationOverrides=overrides,
        name="weekly",
        tags={"team": "shop"},
    )
    return applications.run(application, run)


def test_a_run_starts_its_application_and_does_its_work(applications: Applications, failed: dict[str, Any]) -> None:
    assert applications.describe(failed["applicationId"])["state"] == "STARTED"
    listed = applications.s3.list_objects_v2(Bucket=applications.bucket, Prefix="table/")["Contents"]
    assert [item for item in listed if item["Key"].endswith(".parquet")]
    out = applications.log(failed["applicationId"], failed["jobRunId"], "stdout")
    assert "rows 7" in out
    assert "spark.app.owner me myself" in out  # the run's parameters before the application's defaults
    assert "spark.app.place app" in out
    assert "spark.sql.ansi.enabled false" in out
    err = applications.log(failed["applicationId"], failed["jobRunId"], "stderr")
    assert "local_aws: emr-spark-8.1.0 has Spark 4.1.1-amzn-0; this is Spark" in err
    assert "Configurations without effect here: emrfs-site" in err
    assert "spark.executor.memory=4g" in err


def test_the_programs_exception_is_in_the_runs_details(failed: dict[str, Any]) -> None:
    assert failed["state"] == "FAILED"
    assert failed["stateDetails"] == (
        "Job failed, please check complete logs in configured logging destination. ExitCode: 1. "
        "Last few exceptions: ValueError: no interactions in week 7"
    )


def test_a_run_says_what_it_was_and_what_it_cost(applications: Applications, failed: dict[str, Any]) -> None:
    assert (failed["name"], failed["mode"], failed["executionTimeoutMinutes"]) == ("weekly", "BATCH", 720)
    assert failed["executionRole"] == applications.role
    assert failed["tags"] == {"team": "shop"}
    assert failed["createdAt"] <= failed["startedAt"] <= failed["endedAt"] <= failed["updatedAt"]
    seconds = max(60, failed["totalExecutionDurationSeconds"])
    billed = failed["billedResourceUtilization"]
    assert billed["vCPUHour"] == pytest.approx(12 * seconds / 3600, abs=0.002)  # driver and two executors, 4 each
    assert billed["memoryGBHour"] == pytest.approx(1.1 * (14 + 4 + 4) * seconds / 3600, abs=0.002)
    assert billed["storageGBHour"] == 0.0
    assert failed["totalResourceUtilization"]["storageGBHour"] > 0


def test_the_same_client_token_runs_once(applications: Applications, application: str) -> None:
    asked = applications.request(application, applications.put("code/none.py", "print('done')"))
    first, again = (applications.api.start_job_run(**asked)["jobRunId"] for _ in range(2))
    assert first == again
    assert applications.run(application, first)["state"] == "SUCCESS"
    assert applications.api.start_job_run(**asked)["jobRunId"] == first
    refused = applications.refusal("start_job_run", **{**asked, "name": "other"})
    assert refused[0] == "ConflictException"


def test_a_running_job_can_be_cancelled(applications: Applications, application: str, tmp_path: Path) -> None:
    run = applications.start(application, applications.put("code/waits.py", WAITS), str(tmp_path / "pid"))
    pid = until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    assert applications.refusal("stop_application", applicationId=application)[0] == "ValidationException"
    applications.api.cancel_job_run(applicationId=application, jobRunId=run, shutdownGracePeriodInSeconds=1)
    assert applications.run(application, run)["state"] == "CANCELLED"
    assert not runs(pid)
    code, message = applications.refusal("cancel_job_run", applicationId=application, jobRunId=run)
    assert (code, "CANCELLED" in message) == ("ValidationException", True)


def test_more_runs_than_there_is_room_for_queue(applications: Applications, tmp_path: Path) -> None:
    application = applications.create(schedulerConfiguration={"maxConcurrentRuns": 1})
    program = applications.put("code/waits.py", WAITS)
    first = applications.start(application, program, str(tmp_path / "pid"))
    applications.run(application, first, "RUNNING")
    second = applications.start(application, program, str(tmp_path / "second"))
    applications.run(application, second, "QUEUED")
    listed = applications.api.list_job_runs(applicationId=application, states=["QUEUED"])["jobRuns"]
    assert [item["id"] for item in listed] == [second]
    applications.api.cancel_job_run(applicationId=application, jobRunId=first, shutdownGracePeriodInSeconds=0)
    applications.run(application, second, "RUNNING")
    applications.api.cancel_job_run(applicationId=application, jobRunId=second, shutdownGracePeriodInSeconds=0)
    assert applications.run(application, second)["queuedDurationMilliseconds"] > 0


def test_a_run_that_takes_too_long_is_cancelled(
    applications: Applications, application: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MINUTE", 0.01)
    program = applications.put("code/waits.py", WAITS)
    run = applications.start(application, program, str(tmp_path / "pid"), executionTimeoutMinutes=5)
    ended = applications.run(application, run)
    assert (ended["state"], ended["stateDetails"]) == (
        "CANCELLED",
        "Job run exceeded its execution timeout of 5 minutes.",
    )


def test_a_role_that_is_not_there_fails_the_run(applications: Applications, application: str) -> None:
    role = applications.role + "-gone"
    run = applications.start(application, "s3://nowhere/x.py", executionRoleArn=role)
    ended = applications.run(application, run)
    assert ended["state"] == "FAILED"
    assert ended["stateDetails"].startswith(f"Could not assume runtime role {role} because it does not exist")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"executionTimeoutMinutes": 4}, "ValidationException", "RunTimeout must be at least 5 minutes."),
        ({"executionRoleArn": "arn:aws:iam::999999999999:role/x"}, "AccessDeniedException", "Cross-account"),
        ({"mode": "STREAMING"}, "NotImplemented", "mode STREAMING"),
        ({"retryPolicy": {"maxAttempts": 3}}, "NotImplemented", "retryPolicy.maxAttempts"),
        ({"jobDriver": {"hive": {"query": "SELECT 1"}}}, "NotImplemented", "jobDriver.hive"),
        ({"jobDriver": None}, "ValidationException", "JobDriver must be specified"),
        ({"clientToken": "no spaces"}, "ValidationException", "regular expression pattern"),
        ({"jobDriver": {"sparkSubmit": {"entryPoint": "x.py"}}}, "ValidationException", "not a valid S3"),
        (
            {"jobDriver": {"sparkSubmit": {"entryPoint": "s3://b/x.py", "sparkSubmitParameters": "--turbo"}}},
            "ValidationException",
            "Unrecognized option: --turbo",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    applications: Applications, application: str, changes: dict[str, Any], code: str, words: str
) -> None:
    asked = applications.request(application, "s3://b/x.py", **changes)
    refused = applications.refusal("start_job_run", **asked)
    assert refused[0] == code
    assert words in refused[1]


def test_without_auto_start_an_application_must_be_started_first(applications: Applications) -> None:
    application = applications.create(autoStartConfiguration={"enabled": False})
    code, message = applications.refusal("start_job_run", **applications.request(application, "s3://b/x.py"))
    assert (code, "Current status: CREATED" in message) == ("ValidationException", True)
