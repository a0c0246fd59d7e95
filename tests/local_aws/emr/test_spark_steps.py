"""Steps that run Spark: the same program as on EMR, on the buckets of this machine."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.local_aws.emr.support import Clusters, step
from tests.spark.shop import core, random_events, write_parquet
from tests.support import LocalAwsForTests

pytestmark = pytest.mark.spark

JOB = Path(__file__).parents[3] / "spark_jobs" / "recommender" / "build_examples.py"

#: Reads and writes by both schemes, in two buckets, and says how it was configured.
ROUND_TRIP = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
own, other = sys.argv[1:]
spark.range(10).selectExpr("id", "id + 1 AS next").write.partitionBy("id").parquet(f"s3://{own}/table/")
spark.range(3).write.mode("overwrite").csv(f"s3a://{other}/a b/lines/")
assert spark.read.parquet(f"s3a://{own}/table/").count() == 10
assert spark.read.csv(f"s3://{other}/a b/lines/").count() == 3
assert spark.read.parquet(f"s3://{own}/table/").inputFiles()[0].startswith(f"s3://{own}/table/id=")
for key in ("spark.sql.ansi.enabled", "spark.app.owner", "spark.master"):
    print(key, spark.conf.get(key))
print(spark.read.parquet("s3://no-such-bucket/table/"))
"""


@pytest.fixture(scope="module")
def round_trip(clusters: Clusters) -> dict[str, Any]:
    """One run of that program: it ends in an error on purpose, so one JVM shows success and failure."""
    other = f"other.{clusters.bucket}"
    clusters.s3.create_bucket(Bucket=other)
    program = clusters.put("code/round_trip.py", ROUND_TRIP)
    options = ["--master", "yarn", "--deploy-mode", "cluster", "--conf", "spark.app.owner=me"]
    settings = {"spark.sql.ansi.enabled": "false", "spark.app.owner": "cluster", "spark.executor.memory": "64g"}
    configurations = [
        {"Classification": "spark-defaults", "Properties": settings},
        {"Classification": "emrfs-site", "Properties": {"fs.s3.enableServerSideEncryption": "true"}},
    ]
    wanted = step("spark-submit", *options, program, clusters.bucket, other)
    cluster, [ended] = clusters.ran(wanted, Configurations=configurations, ReleaseLabel="emr-7.12.0")
    logs = {name: clusters.log(cluster["Id"], ended["Id"], name) for name in ("controller", "stdout", "stderr")}
    return {"step": ended, "other": other, **logs}


def test_both_schemes_read_and_write_the_buckets(clusters: Clusters, round_trip: dict[str, Any]) -> None:
    keys = [item["Key"] for item in clusters.s3.list_objects_v2(Bucket=clusters.bucket, Prefix="table/")["Contents"]]
    assert len([key for key in keys if key.endswith(".parquet")]) == 10, round_trip["stderr"]
    assert not [key for key in keys if key.endswith(".crc") or "_temporary" in key]
    lines = clusters.s3.list_objects_v2(Bucket=round_trip["other"], Prefix="a b/lines/part-")["Contents"]
    assert sum(item["Size"] for item in lines) == len("0\n1\n2\n")


def test_spark_defaults_and_options_hold_where_they_can_and_the_rest_is_said(round_trip: dict[str, Any]) -> None:
    assert "spark.sql.ansi.enabled false" in round_trip["stdout"]
    assert "spark.app.owner me" in round_trip["stdout"]
    assert "spark.master local[" in round_trip["stdout"]
    dropped = "spark.executor.memory=64g, --master yarn, --deploy-mode cluster"
    assert f"Without effect on one machine: {dropped}" in round_trip["controller"]
    assert "Configurations without effect here: emrfs-site" in round_trip["controller"]
    assert "emr-7.12.0 has Spark 3.5.6-amzn-1; local_aws runs Spark 4.1" in round_trip["controller"]


def test_the_programs_exception_is_the_steps_failure(round_trip: dict[str, Any]) -> None:
    assert round_trip["step"]["Status"]["State"] == "FAILED"
    message = round_trip["step"]["Status"]["FailureDetails"]["Message"]
    assert "Could not initialize target File System for URI : s3://no-such-bucket" in message
    assert "Traceback" in round_trip["stdout"]
    assert round_trip["step"]["Status"]["FailureDetails"]["LogFile"].endswith("/stdout.gz")


def test_the_recommenders_job_runs_as_it_would_on_emr(
    clusters: Clusters, local_aws: LocalAwsForTests, tmp_path: Path
) -> None:
    events = random_events(2000, users=60, items=120, seed=3)
    expected = core(events, 5)
    urls = []
    for number, part in enumerate((events[:900], events[900:])):
        key = f"unload/{number:04}_part_00.parquet"
        clusters.s3.upload_file(str(write_parquet(tmp_path / key, part)), clusters.bucket, key)
        urls.append({"url": f"s3://{clusters.bucket}/{key}"})
    clusters.put("unload/0002_part_00.parquet", "left by a failed unload, and no Parquet")
    manifest = clusters.put("unload/manifest", json.dumps({"entries": urls}))
    program = clusters.put("code/build_examples.py", JOB.read_text())
    output = f"s3://{clusters.bucket}/examples/"
    wanted = ["--input", manifest, "--output", output, "--core", "5", "--negatives", "10", "--seed", "42"]
    cluster, [done] = clusters.ran(step("spark-submit", "--deploy-mode", "client", program, *wanted))
    assert done["Status"]["State"] == "COMPLETED", done["Status"]
    summary = json.loads(clusters.s3.get_object(Bucket=clusters.bucket, Key="examples/summary.json")["Body"].read())
    assert json.loads(clusters.log(cluster["Id"], done["Id"], "stdout").splitlines()[-1]) == summary
    assert (summary["outcome"], summary["rows_in"], summary["interactions"]) == ("complete", 2000, len(expected))
    tested = pyarrow.parquet.read_table(local_aws.root / "s3" / clusters.bucket / "examples" / "test").to_pylist()
    assert len(tested) == len({user for user, _ in expected})
    assert all(len(row["negatives"]) == 10 for row in tested)
