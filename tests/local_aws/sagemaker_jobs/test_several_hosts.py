"""Training jobs of several hosts: their names and network, who gets which data, and how they end together."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from local_aws.containers import sandbox
from local_aws.services.sagemaker.cluster import addresses, host_names, shard
from local_aws.services.sagemaker.host_group import HostGroup
from local_aws.testing import LocalAwsAdmin
from tests.local_aws.sagemaker_jobs.support import Jobs, Record, eventually, runs

GROUP = "/aws/sagemaker/TrainingJobs"
pytestmark = pytest.mark.skipif(not sandbox.has_namespaces(), reason="this machine refuses mount namespaces")

#: ``on algo-1 sh -c ...`` does it on that host only.
ON = r"""on() { if grep -q "t_host\": \"$1" /opt/ml/input/config/r*; then shift; "$@"; fi; }; """


def request(jobs: Jobs, name: str, command: str, count: int = 2, **more: Any) -> Record:
    asked = jobs.training_request(name, ON + command, **more)
    asked["ResourceConfig"]["InstanceCount"] = count
    return asked


def train(jobs: Jobs, command: str, count: int = 2, **more: Any) -> Record:
    asked = request(jobs, jobs.name(), command, count, **more)
    jobs.sagemaker.create_training_job(**asked)
    return jobs.ended_training(asked["TrainingJobName"])


def lines_of(jobs: Jobs, job: Record, host: str) -> list[str]:
    return jobs.lines(GROUP, job["TrainingJobName"], host)


def channel(uri: str, distribution: str) -> Record:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution}
    return {"ChannelName": distribution.lower(), "DataSource": {"S3DataSource": source}}


def test_hosts_are_named_and_sorted_as_sagemaker_does() -> None:
    assert host_names(1) == ["algo-1"]
    assert host_names(11)[:3] == ["algo-1", "algo-10", "algo-11"]
    assert addresses("job", ["algo-1", "algo-10"])["algo-10"].rpartition(".")[2] == "10"
    assert addresses("job", ["algo-1"]) != addresses("another", ["algo-1"])


def test_shards_have_every_object_once() -> None:
    objects = [(str(number), number) for number in range(7)]
    shards = [shard(objects, index, 3) for index in range(3)]
    assert sorted(item for part in shards for item in part) == objects
    assert {len(part) for part in shards} == {2, 3}


class Process:
    """A process that runs until it is ended."""

    def __init__(self, code: int = -9) -> None:
        self.pid = 0
        self._code = code
        self.ended = threading.Event()

    def wait(self, timeout: float | None = None) -> int:
        self.ended.wait(timeout)
        return self._code

    def kill(self) -> None:
        self.ended.set()

    def stop(self, grace_seconds: float = 10) -> None:
        self.ended.set()


def test_a_host_that_cannot_be_started_leaves_none_running() -> None:
    first: Any = Process()

    def refused() -> Any:
        raise OSError("no such program")

    with pytest.raises(OSError, match="no such program"):
        HostGroup.start([lambda: first, refused])
    assert first.ended.is_set()


def test_the_first_that_fails_says_how_the_group_failed() -> None:
    well, badly, ended_by_it = Process(0), Process(7), Process(-15)
    processes: Any = [well, badly, ended_by_it]
    group = HostGroup(processes)
    well.ended.set()
    with pytest.raises(subprocess.TimeoutExpired):
        group.wait(0.01)
    badly.ended.set()
    assert (group.wait(10), group.failed) == (7, 1)
    assert ended_by_it.ended.is_set()


def test_each_host_has_its_own_folder_name_and_log(jobs: Jobs) -> None:
    job = train(jobs, "cd /opt/ml; cat input/config/resourceconfig.json; echo; on algo-2 touch model/x; ls model")
    assert job["TrainingJobStatus"] == "Completed"
    for host, listed in (("algo-1", []), ("algo-2", ["x"])):
        told, *files = lines_of(jobs, job, host)
        assert files == listed
        assert json.loads(told) == {
            "current_host": host,
            "current_instance_type": "ml.m5.large",
            "current_group_name": "homogeneousCluster",
            "hosts": ["algo-1", "algo-2"],
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": "ml.m5.large",
                    "hosts": ["algo-1", "algo-2"],
                }
            ],
            "network_interface_name": "eth0",
        }


def test_objects_are_sharded_or_replicated(jobs: Jobs) -> None:
    for name in "abc":
        jobs.put(f"shards/{name}", name)
    sharded, whole = (channel(jobs.uri("shards/"), kind) for kind in ("ShardedByS3Key", "FullyReplicated"))
    job = train(jobs, "cd /opt/ml/input/data; find . -type f | sort", InputDataConfig=[sharded, whole])
    assert job["TrainingJobStatus"] == "Completed"
    replicated = [f"./fullyreplicated/{name}" for name in "abc"]
    assert lines_of(jobs, job, "algo-1") == [*replicated, "./shardedbys3key/a", "./shardedbys3key/c"]
    assert lines_of(jobs, job, "algo-2") == [*replicated, "./shardedbys3key/b"]


def test_a_host_beyond_the_objects_gets_an_empty_folder(jobs: Jobs) -> None:
    jobs.put("one/a", "a")
    sharded = channel(jobs.uri("one/"), "ShardedByS3Key")
    job = train(jobs, "ls -A /opt/ml/input/data/shardedbys3key; echo listed", InputDataConfig=[sharded])
    assert lines_of(jobs, job, "algo-2") == ["listed"]


#: The first host listens on its name, the other one tells it something.
TALK = """
import json, socket, time
told = json.load(open("/opt/ml/input/config/resourceconfig.json"))
if told["current_host"] == "algo-1":
    with socket.create_server(("algo-1", 9099)) as server:
        print("heard", server.accept()[0].recv(99).decode())
else:
    with socket.create_server(("algo-2", 9099)):  # the same port, on another address
        while True:
            try:
                with socket.create_connection(("algo-1", 9099)) as other:
                    other.send(b"algo-2")
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
"""


def test_hosts_find_one_another_by_their_names(jobs: Jobs) -> None:
    asked = jobs.script_request(jobs.name(), {"train.py": TALK}, "train.py")
    asked["ResourceConfig"]["InstanceCount"] = 2
    jobs.sagemaker.create_training_job(**asked)
    job = jobs.ended_training(asked["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert "heard algo-2" in lines_of(jobs, job, "algo-1")
    assert lines_of(jobs, job, "algo-2")[-1] == "Reporting training SUCCESS"


def test_a_script_sees_which_host_it_is_on(jobs: Jobs) -> None:
    show = "import os; print(*(os.environ[n] for n in ('SM_CURRENT_HOST', 'SM_HOSTS', 'SM_NETWORK_INTERFACE_NAME')))"
    asked = jobs.script_request(jobs.name(), {"train.py": show}, "train.py")
    asked["ResourceConfig"]["InstanceCount"] = 2
    jobs.sagemaker.create_training_job(**asked)
    job = jobs.ended_training(asked["TrainingJobName"])
    assert 'algo-1 ["algo-1","algo-2"] eth0' in lines_of(jobs, job, "algo-1")
    assert 'algo-2 ["algo-1","algo-2"] eth0' in lines_of(jobs, job, "algo-2")


def test_what_all_hosts_wrote_is_in_one_archive_and_the_first_host_wins_a_clash(jobs: Jobs) -> None:
    write = "on algo-1 sh -c 'echo 1 > /opt/ml/model/same'; on algo-2 sh -c 'cd /opt/ml/model; echo 2 | tee same > own'"
    job = train(jobs, f"{write}; hostname > /opt/ml/output/data/any")
    name = job["TrainingJobName"]
    assert jobs.tar(f"output/{name}/output/model.tar.gz") == {"same": "1\n", "own": "2\n"}
    assert "/opt/ml/model/same is not uploaded: another host has it, too" in lines_of(jobs, job, "algo-2")


def test_a_host_that_fails_fails_the_job_and_ends_the_others(jobs: Jobs, tmp_path: Path) -> None:
    name, go = jobs.name(), tmp_path / "go"
    fail = "until test -e $GO; do sleep 0.05; done; printf lost > /opt/ml/output/failure; exit 7"
    asked = request(jobs, name, f"echo $$; on algo-2 sh -c '{fail}' || exit 7; sleep 600", Environment={"GO": str(go)})
    jobs.sagemaker.create_training_job(**asked)
    (pid,) = eventually(lambda: jobs.lines(GROUP, name, "algo-1"))
    go.touch()
    job = jobs.ended_training(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: lost, exit code: 7"
    assert not runs(int(pid))


def test_a_host_that_crashes_fails_the_job(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    with admin.fault("crash", service="training-job", times=1):
        job = train(jobs, "sleep 600")
    assert (job["TrainingJobStatus"], "137" in job["FailureReason"]) == ("Failed", True)


def test_all_hosts_are_stopped_and_save_their_models(jobs: Jobs) -> None:
    name = jobs.name()
    save = "trap 'cd /opt/ml/model; on algo-1 touch 1; on algo-2 touch 2; exit 0' TERM"
    command = f"{save}; echo ready; while :; do sleep 0.1; done"
    jobs.sagemaker.create_training_job(**request(jobs, name, command))
    eventually(lambda: jobs.lines(GROUP, name).count("ready") == 2)
    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    job = jobs.ended_training(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert sorted(jobs.tar(f"output/{name}/output/model.tar.gz")) == ["1", "2"]


def test_all_hosts_end_when_the_time_is_over(jobs: Jobs) -> None:
    job = train(jobs, "echo $$; sleep 600", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert not any(runs(int(pid)) for pid in jobs.lines(GROUP, job["TrainingJobName"]))


def test_a_spot_interruption_takes_all_machines_and_all_hosts_go_on_from_the_checkpoints(
    jobs: Jobs, admin: LocalAwsAdmin
) -> None:
    command = "cd /opt/ml/checkpoints; ls; test -e kept && exit 0; on algo-1 touch kept; sleep 600"
    spot: Record = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
        "CheckpointConfig": {"S3Uri": jobs.uri(f"{jobs.name('kept')}/")},
    }
    with admin.fault("spot-loss", service="training-job", seconds=1, times=1):
        job = train(jobs, command, **spot)
    assert job["TrainingJobStatus"] == "Completed", job
    assert lines_of(jobs, job, "algo-2") == ["kept"]
    assert job["BillableTimeInSeconds"] <= (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds() + 1
