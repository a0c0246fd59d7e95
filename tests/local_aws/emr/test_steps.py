"""Steps that need no Spark: their states, their logs, and their end by other hands."""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import WaiterError

from tests.local_aws.emr.support import Clusters, runs, shell, step, until
from tests.support import LocalAwsForTests


def test_a_step_that_fails_says_why_and_where_to_read_on(clusters: Clusters) -> None:
    cluster, [failed] = clusters.ran(shell("echo looking; echo 'no such table: shop.items' >&2; exit 4"))
    assert failed["Status"]["State"] == "FAILED"
    assert failed["Status"]["FailureDetails"] == {
        "Reason": "Unknown Error.",
        "Message": "no such table: shop.items",
        "LogFile": f"s3://{clusters.bucket}/logs/{cluster['Id']}/steps/{failed['Id']}/stderr.gz",
    }
    assert clusters.log(cluster["Id"], failed["Id"], "stdout") == "looking\n"
    assert clusters.log(cluster["Id"], failed["Id"], "stderr") == "no such table: shop.items\n"
    assert "exit code 4" in clusters.log(cluster["Id"], failed["Id"], "controller")


def test_a_step_that_dies_without_a_word_says_how(clusters: Clusters) -> None:
    _, [killed] = clusters.ran(shell("kill -9 $$"))
    assert killed["Status"]["FailureDetails"]["Message"] == "The process was ended by signal 9."


def test_botos_waiter_sees_success_and_failure(clusters: Clusters) -> None:
    cluster = clusters.start(shell("true"), shell("false"))
    good, bad = (step["Id"] for step in clusters.steps(cluster))
    wait = clusters.emr.get_waiter("step_complete").wait
    wait(ClusterId=cluster, StepId=good, WaiterConfig={"Delay": 1})
    with pytest.raises(WaiterError, match="terminal failure state"):
        wait(ClusterId=cluster, StepId=bad, WaiterConfig={"Delay": 1})
    clusters.end(cluster)


def test_a_log_can_be_read_while_the_step_runs(clusters: Clusters, local_aws: LocalAwsForTests) -> None:
    cluster = clusters.start(shell("echo begun; sleep 600"))
    [running] = clusters.steps(cluster)
    file = local_aws.root / "emr" / cluster / "steps" / running["Id"] / "stdout"
    until(lambda: file.exists() and file.read_text() == "begun\n")
    key = f"logs/{cluster}/steps/{running['Id']}/stdout.gz"
    until(lambda: "Contents" in clusters.s3.list_objects_v2(Bucket=clusters.bucket, Prefix=key))
    assert clusters.log(cluster, running["Id"], "stdout") == "begun\n"
    clusters.end(cluster)


def test_logs_are_encrypted_with_the_clusters_key(clusters: Clusters, local_aws: LocalAwsForTests) -> None:
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    cluster, [done] = clusters.ran(shell("true"), LogEncryptionKmsKeyId=key)
    head = clusters.s3.head_object(Bucket=clusters.bucket, Key=f"logs/{cluster['Id']}/steps/{done['Id']}/stdout.gz")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_step_whose_logs_have_no_bucket_runs_all_the_same(clusters: Clusters, local_aws: LocalAwsForTests) -> None:
    monitoring = {"S3MonitoringConfiguration": {"LogUri": "s3://no-such-bucket/logs/"}}
    wanted = {**shell("echo why >&2; exit 1"), "StepMonitoringConfiguration": monitoring}
    cluster, [failed] = clusters.ran(wanted)
    file = local_aws.root / "emr" / cluster["Id"] / "steps" / failed["Id"] / "stderr"
    assert failed["Status"]["FailureDetails"]["LogFile"] == str(file)
    assert file.read_text() == "why\n"


def test_a_step_leaves_nothing_behind_but_its_logs(clusters: Clusters, local_aws: LocalAwsForTests) -> None:
    cluster, [done] = clusters.ran(shell("touch here; touch $TMPDIR/there; pwd; echo $TMPDIR"))
    folders = [Path(line) for line in clusters.log(cluster["Id"], done["Id"], "stdout").splitlines()]
    assert all(folder.is_relative_to(local_aws.root) for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_a_pending_step_is_cancelled_at_once_and_a_running_one_soon(clusters: Clusters) -> None:
    cluster = clusters.start(shell("sleep 600"), shell("true"))
    running, pending = (step["Id"] for step in clusters.steps(cluster))
    clusters.step(cluster, running, "RUNNING")
    answer = clusters.emr.cancel_steps(ClusterId=cluster, StepIds=[pending, running])["CancelStepsInfoList"]
    assert [(info["StepId"], info["Status"]) for info in answer] == [(pending, "SUBMITTED"), (running, "SUBMITTED")]
    assert clusters.step(cluster, running)["Status"]["State"] == "CANCELLED"
    assert clusters.step(cluster, pending)["Status"]["State"] == "CANCELLED"
    [again] = clusters.emr.cancel_steps(ClusterId=cluster, StepIds=[running])["CancelStepsInfoList"]
    assert (again["Status"], again["Reason"]) == ("FAILED", "The step is CANCELLED already.")
    clusters.end(cluster)


def test_a_cancelled_step_may_clean_up_unless_it_is_forced(clusters: Clusters, tmp_path: Path) -> None:
    for option, cleaned in (("SEND_INTERRUPT", True), ("TERMINATE_PROCESS", False)):
        trace = tmp_path / option
        cluster = clusters.start(
            shell(f"trap 'sleep 0.3; touch {trace}; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
        )
        [running] = clusters.steps(cluster)
        clusters.step(cluster, running["Id"], "RUNNING")
        until(functools.partial(ready, clusters, cluster, running["Id"]))
        clusters.emr.cancel_steps(ClusterId=cluster, StepIds=[running["Id"]], StepCancellationOption=option)
        assert clusters.step(cluster, running["Id"])["Status"]["State"] == "CANCELLED"
        assert trace.exists() == cleaned
        clusters.end(cluster)


def ready(clusters: Clusters, cluster: str, step_id: str) -> bool:
    key = f"logs/{cluster}/steps/{step_id}/stdout.gz"
    there = "Contents" in clusters.s3.list_objects_v2(Bucket=clusters.bucket, Prefix=key)
    return there and "ready" in clusters.log(cluster, step_id, "stdout")


def test_a_cancelled_step_takes_its_children_along(clusters: Clusters, tmp_path: Path) -> None:
    cluster = clusters.start(shell(f"sleep 600 & echo $! > {tmp_path}/child; wait"))
    [running] = clusters.steps(cluster)
    until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
    clusters.emr.cancel_steps(ClusterId=cluster, StepIds=[running["Id"]], StepCancellationOption="TERMINATE_PROCESS")
    clusters.step(cluster, running["Id"])
    until(lambda: not runs((tmp_path / "child").read_text()))
    clusters.end(cluster)


def test_steps_run_in_the_order_in_which_they_were_added(clusters: Clusters, tmp_path: Path) -> None:
    cluster = clusters.start(shell(f"until [ -e {tmp_path}/go ]; do sleep 0.05; done"))
    ids = [clusters.add(cluster, shell(f"echo {number} >> {tmp_path}/order"))[0] for number in range(4)]
    (tmp_path / "go").touch()
    clusters.step(cluster, ids[-1])
    assert (tmp_path / "order").read_text().split() == ["0", "1", "2", "3"]
    listed = clusters.emr.list_steps(ClusterId=cluster, StepIds=ids[:2], StepStates=["COMPLETED"])["Steps"]
    assert [item["Id"] for item in listed] == [ids[1], ids[0]]
    clusters.end(cluster)


def test_steps_added_at_once_by_many_are_all_there_once(clusters: Clusters) -> None:
    cluster = clusters.start(shell("sleep 600"))
    together = threading.Barrier(8)

    def add(number: int) -> list[str]:
        together.wait()
        return clusters.add(cluster, *[shell("true", name=f"{number}-{each}") for each in range(8)])

    with ThreadPoolExecutor(8) as pool:
        added = [step_id for ids in pool.map(add, range(8)) for step_id in ids]
    pages = clusters.emr.get_paginator("list_steps").paginate(ClusterId=cluster)
    listed = [item["Id"] for page in pages for item in page["Steps"]]
    assert len(listed) == 65
    assert set(listed[:-1]) == set(added)
    clusters.end(cluster)


def test_a_script_from_s3_runs_with_its_arguments(clusters: Clusters) -> None:
    script = clusters.put("code/hello.sh", 'echo "hello $1"')
    jar = "s3://us-east-1.elasticmapreduce/libs/script-runner/script-runner.jar"
    cluster, [done] = clusters.ran(step(script, "world", jar=jar))
    assert clusters.log(cluster["Id"], done["Id"], "stdout") == "hello world\n"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (step("s3-dist-cp", "--src", "a"), "s3-dist-cp"),
        (step("s3://no-such-bucket/x.sh", jar="script-runner.jar"), "NoSuchBucket"),
        (step("x", jar="s3://bucket/own.jar"), "local_aws runs command-runner.jar and script-runner.jar"),
        (step(), "command-runner.jar was given no arguments"),
        (step("spark-submit", "--bad", "x.py"), "Unrecognized option: --bad"),
    ],
)
def test_a_step_that_cannot_be_carried_out_fails_with_the_reason(
    clusters: Clusters, wanted: dict, message: str
) -> None:
    _, [failed] = clusters.ran(wanted)
    assert failed["Status"]["State"] == "FAILED"
    assert message in failed["Status"]["FailureDetails"]["Message"]


def test_without_spark_among_the_applications_there_is_no_spark_submit(clusters: Clusters) -> None:
    _, [failed] = clusters.ran(step("spark-submit", "x.py"), Applications=[{"Name": "Hadoop"}])
    assert "Spark is not among the Applications" in failed["Status"]["FailureDetails"]["Message"]


def test_a_step_reaches_aws_as_its_role(clusters: Clusters, local_aws: LocalAwsForTests) -> None:
    script = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'][0]['Name']); import os; "
    script += "print(os.environ['AWS_ENDPOINT_URL'])"
    cluster, [done] = clusters.ran(step("python", "-c", script))
    assert clusters.log(cluster["Id"], done["Id"], "stdout").splitlines()[1] == local_aws.endpoint_url
