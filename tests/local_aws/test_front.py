"""The front: wire formats, validation, unknown operations, and what survives a restart."""

import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from local_aws.application import FolderInUse, LocalAws
from local_aws.processes import Processes
from local_aws.state import State
from local_aws.wire import Codec
from tests.support import LocalAwsForTests, client

#: One service of each wire protocol that is served or passed on.
PROTOCOLS = {"redshift-data": "json", "sagemaker-runtime": "rest-json", "iam": "query", "s3": "rest-xml"}


@pytest.mark.parametrize("service", PROTOCOLS)
def test_each_wire_protocol_has_a_codec(service: str) -> None:
    codec = Codec(service)
    assert codec.model.protocol == PROTOCOLS[service]
    assert codec.signing_name


def test_services_that_do_not_execute_are_answered_by_moto(local_aws: LocalAwsForTests) -> None:
    sqs = local_aws.client("sqs")
    assert sqs.create_queue(QueueName="letters")["QueueUrl"].endswith("/letters")
    assert local_aws.client("sts").get_caller_identity()["Account"] == local_aws.server.world.account


def test_health_is_an_address_that_no_bucket_can_have(local_aws: LocalAwsForTests) -> None:
    with urllib.request.urlopen(f"{local_aws.endpoint_url}/_local/health") as answer:
        assert json.load(answer)["ready"] is True
    with pytest.raises(ClientError, match="InvalidBucketName"):
        local_aws.client("s3").create_bucket(Bucket="_local")


def test_state_survives_a_restart_with_the_same_identifiers(local_aws_folder: Path) -> None:
    first = LocalAws(local_aws_folder, port=0)
    key = client(first.endpoint_url, "kms").create_key()["KeyMetadata"]["Arn"]
    client(first.endpoint_url, "s3").create_bucket(Bucket="kept")
    client(first.endpoint_url, "s3").put_object(Bucket="kept", Key="k", Body=b"x", Metadata={"a": "1"})
    secret = client(first.endpoint_url, "secretsmanager").create_secret(Name="s", SecretString="v")["ARN"]
    log = first.world.logs.stream("/aws/sagemaker/TrainingJobs", "job/algo-1-0")
    log.write("hello")
    log.close()
    first.stop()
    second = LocalAws(local_aws_folder, port=0)
    try:
        assert client(second.endpoint_url, "kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
        assert client(second.endpoint_url, "s3").head_object(Bucket="kept", Key="k")["Metadata"] == {"a": "1"}
        assert client(second.endpoint_url, "secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "v"
        logs = client(second.endpoint_url, "logs")
        group = "/aws/sagemaker/TrainingJobs"
        assert group in [entry["logGroupName"] for entry in logs.describe_log_groups()["logGroups"]]
        events = logs.get_log_events(logGroupName=group, logStreamName="job/algo-1-0", startFromHead=True)
        assert [event["message"] for event in events["events"]] == ["hello"]
        again = logs.get_log_events(
            logGroupName=group, logStreamName="job/algo-1-0", nextToken=events["nextForwardToken"]
        )
        assert (again["events"], again["nextForwardToken"]) == ([], events["nextForwardToken"])
    finally:
        second.stop()


def test_one_folder_has_one_local_aws(local_aws_folder: Path) -> None:
    first = LocalAws(local_aws_folder, port=0)
    try:
        with pytest.raises(FolderInUse, match="another local_aws already works on"):
            LocalAws(local_aws_folder, port=0)
    finally:
        first.stop()


def test_the_program_says_where_it_serves_and_ends_on_sigterm(local_aws_folder: Path) -> None:
    argv = [sys.executable, "-m", "local_aws", "--port", "0", "--state", str(local_aws_folder)]
    program = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert program.stderr is not None
    for line in program.stderr:
        if "serves" in line:
            break
    program.send_signal(signal.SIGTERM)
    program.communicate()
    assert program.returncode == 0


def test_a_taken_port_is_said_in_one_line(local_aws: LocalAwsForTests, local_aws_folder: Path) -> None:
    port = str(local_aws.server.port)
    argv = [sys.executable, "-m", "local_aws", "--port", port, "--state", str(local_aws_folder)]
    program = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert program.returncode == 1
    assert "local_aws cannot start" in program.stderr
    assert "Traceback" not in program.stderr


SPAWNING = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); sys.stdin.close(); {end}"


def _start(processes: Processes, folder: Path, end: str) -> tuple[int, int, Callable[[], int]]:
    child_pid: list[int] = []
    arrived = threading.Event()

    def on_line(line: str) -> None:
        child_pid.append(int(line))
        arrived.set()

    argv = [sys.executable, "-c", SPAWNING.format(end=end)]
    process = processes.start(argv, env={"PATH": "/usr/bin:/bin"}, cwd=folder, on_line=on_line, label="test")
    assert arrived.wait(60)
    return process.pid, child_pid[0], process.wait


def _is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    processes = Processes(State(tmp_path / "state").table("processes"))
    _, child, wait = _start(processes, tmp_path, "sys.exit(3)")
    assert wait() == 3
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=10)
    assert not _is_running(child)


def test_processes_of_a_killed_local_aws_are_ended_at_its_next_start(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    processes = Processes(state.table("processes"))
    _, child, wait = _start(processes, tmp_path, "import time; time.sleep(600)")
    Processes(state.table("processes"))
    assert wait() == -signal.SIGKILL
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=10)
    assert not _is_running(child)
