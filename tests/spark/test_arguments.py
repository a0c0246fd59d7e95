"""What becomes of the arguments of spark-submit on one machine."""

import pytest

from local_aws.spark.arguments import read


def test_what_places_the_job_on_a_cluster_is_dropped_and_said() -> None:
    submit = read(
        ["--master", "yarn", "--deploy-mode=cluster", "--num-executors", "4", "--supervise", "--driver-memory", "9g",
         "--conf", "spark.yarn.maxAppAttempts=1", "--conf", "spark.executor.memory=8g", "s3://b/job.py"],
        {"spark.dynamicAllocation.enabled": "true"},
    )  # fmt: skip
    assert submit.options == []
    assert submit.properties == {}
    assert submit.dropped == [
        "spark.dynamicAllocation.enabled=true", "--master yarn", "--deploy-mode cluster", "--num-executors 4",
        "--supervise", "--driver-memory 9g", "spark.yarn.maxAppAttempts=1", "spark.executor.memory=8g",
    ]  # fmt: skip


def test_what_the_program_needs_is_kept() -> None:
    submit = read(["--py-files", "s3://b/lib.zip", "--name=weekly", "--class", "a.Main", "s3://b/job.jar"], {})
    assert submit.options == ["--py-files", "s3://b/lib.zip", "--name", "weekly", "--class", "a.Main"]
    assert submit.program == ["s3://b/job.jar"]


def test_what_follows_the_program_is_the_programs_own() -> None:
    submit = read(["s3://b/job.py", "--master", "mine", "--conf", "x", "--unknown"], {})
    assert submit.program == ["s3://b/job.py", "--master", "mine", "--conf", "x", "--unknown"]
    assert submit.dropped == []


def test_a_steps_own_property_wins_over_the_clusters() -> None:
    defaults = {"spark.sql.ansi.enabled": "false", "spark.sql.session.timeZone": "UTC"}
    submit = read(["-c", "spark.sql.ansi.enabled=true", "job.py"], defaults)
    assert submit.properties == {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.hadoop.fs.s3.impl", "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"),
        ("spark.hadoop.fs.s3a.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem"),
        (
            "spark.sql.parquet.output.committer.class",
            "com.amazon.emr.committer.EmrOptimizedSparkSqlParquetOutputCommitter",
        ),
        ("spark.master", "yarn"),
    ],
)
def test_nothing_takes_s3_away_from_the_buckets(key: str, value: str) -> None:
    submit = read(["--conf", f"{key}={value}", "job.py"], {})
    assert submit.properties == {}
    assert submit.dropped == [f"{key}={value}"]


def test_options_for_the_drivers_java_reach_its_command_line() -> None:
    assert read(["--driver-java-options", "-Dx=1 -Dy=2", "job.py"], {}).java_options == "-Dx=1 -Dy=2"
    assert read(["job.py"], {"spark.driver.extraJavaOptions": "-Dz=3"}).java_options == "-Dz=3"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--no-such-option", "job.py"], "Unrecognized option: --no-such-option"),
        (["--name"], "Missing argument for option '--name'"),
        (["--conf", "spark.x", "job.py"], "Spark config without '=': spark.x"),
        (["--properties-file", "s3://b/x.conf", "job.py"], "--properties-file cannot be carried out"),
    ],
)
def test_a_mistake_is_named(arguments: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(arguments, {})
