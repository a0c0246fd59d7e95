"""Jobs and the life of local_aws: restarts, kills, limits, the end of a job that will not end."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws.application import LocalAws
from tests.local_aws.sagemaker_jobs.support import Jobs, eventually, runs
from tests.local_aws.sagemaker_jobs.test_tuning import tuning_request
from tests.support import LocalAwsForTests, client

PORT = 4630
GROUP = "/aws/sagemaker/TrainingJobs"
SLEEP = "echo ready; sleep 600"

Start = Callable[[], Jobs]


@pytest.fixture
def start(local_aws_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a local_aws of the test's own, with little patience and two jobs at a time; stops what is left."""
    monkeypatch.setenv("LOCAL_AWS_JOBS", "2")
    monkeypatch.setenv("LOCAL_AWS_STOP_GRACE_SECONDS", "1")
    servers = []

    def started() -> Jobs:
        server = LocalAws(local_aws_folder, port=0)
        servers.append(server)
        return Jobs(LocalAwsForTests(server))

    yield started
    for server in servers:
        if server._thread.is_alive():
            server.stop()


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace(start: Start) -> None:
    jobs = start()
    name = jobs.name()
    command = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    jobs.sagemaker.create_training_job(**jobs.training_request(name, command))
    jobs.running_training(name)
    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    assert jobs.ended_training(name)["TrainingJobStatus"] == "Stopped"


def test_jobs_beyond_the_limit_wait_their_turn_and_can_be_stopped(start: Start) -> None:
    jobs = start()
    first, second, third, fourth = names = [jobs.name() for _ in range(4)]
    for name in names[:2]:
        jobs.sagemaker.create_training_job(**jobs.training_request(name, SLEEP))
        jobs.running_training(name)
    for name in names[2:]:
        jobs.sagemaker.create_training_job(**jobs.training_request(name, "true"))
    eventually(lambda: jobs.describe_training(fourth)["SecondaryStatus"] == "Pending")
    jobs.sagemaker.stop_training_job(TrainingJobName=third)
    waited = jobs.ended_training(third)
    assert waited["TrainingJobStatus"] == "Stopped"
    assert "TrainingStartTime" not in waited, "it never had an instance"
    assert jobs.describe_training(fourth)["SecondaryStatus"] == "Pending"
    jobs.sagemaker.stop_training_job(TrainingJobName=first)
    assert jobs.ended_training(fourth)["TrainingJobStatus"] == "Completed"
    assert jobs.describe_training(second)["TrainingJobStatus"] == "InProgress"


def test_a_restart_takes_up_running_jobs_and_remembers_finished_ones(start: Start) -> None:
    jobs = start()
    done = jobs.train("echo x > /opt/ml/model/x", Tags=[{"Key": "a", "Value": "b"}])
    name, tuning = jobs.name(), jobs.name("tune")
    # The second time it ends: what it finds in its checkpoints tells it.
    command = (
        "echo $$; echo ready; test -e /opt/ml/checkpoints/began && exit 0; "
        "touch /opt/ml/checkpoints/began; echo x > /opt/ml/model/x; sleep 600"
    )
    checkpoints = {"CheckpointConfig": {"S3Uri": jobs.uri("checkpoints/")}}
    jobs.sagemaker.create_training_job(**jobs.training_request(name, command, **checkpoints))
    jobs.running_training(name)
    eventually(lambda: jobs.keys("checkpoints/"))
    pid = int(jobs.lines(GROUP, name)[0])
    stopping = jobs.name()
    jobs.sagemaker.create_training_job(**jobs.training_request(stopping, "trap '' TERM; echo ready; sleep 600"))
    jobs.running_training(stopping)
    jobs.sagemaker.stop_training_job(TrainingJobName=stopping)
    script = "import time; time.sleep(600)"
    jobs.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(jobs, tuning, script))
    jobs.aws.server.stop()
    assert not runs(pid)

    again = start()
    taken_up = again.ended_training(name)
    assert taken_up["TrainingJobStatus"] == "Completed", taken_up
    assert "Restarting" in [step["Status"] for step in taken_up["SecondaryStatusTransitions"]]
    assert again.describe_training(stopping)["TrainingJobStatus"] == "Stopped"
    lost_tuning = again.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    assert lost_tuning["HyperParameterTuningJobStatus"] == "Failed"
    assert lost_tuning["TrainingJobStatusCounters"]["InProgress"] == 0
    assert again.describe_training(done["TrainingJobName"]) == done
    assert again.sagemaker.list_tags(ResourceArn=done["TrainingJobArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_a_killed_local_aws_leaves_no_job_running_after_its_next_start(local_aws_folder: Path, start: Start) -> None:
    command = [sys.executable, "-m", "local_aws", "--port", str(PORT), "--state", str(local_aws_folder)]
    program = subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: healthy(f"http://127.0.0.1:{PORT}"))
        jobs = Jobs(Remote(f"http://127.0.0.1:{PORT}"))  # type: ignore[arg-type]  # it has the one method that counts
        name = jobs.name()
        jobs.sagemaker.create_training_job(**jobs.training_request(name, "echo $$; echo ready; sleep 600"))
        jobs.running_training(name)
        pid = int(jobs.lines(GROUP, name)[0])
    finally:
        program.send_signal(signal.SIGKILL)
        program.wait()
    assert runs(pid)
    again = start()
    eventually(lambda: not runs(pid))
    again.running_training(name)  # taken up, in another process
    again.sagemaker.stop_training_job(TrainingJobName=name)
    assert again.ended_training(name)["TrainingJobStatus"] == "Stopped"
    eventually(lambda: not list((local_aws_folder / "sagemaker").glob("*/*")))


class Remote:
    """A local_aws in another process."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url

    def client(self, name: str) -> object:
        return client(self.endpoint_url, name)


def healthy(endpoint_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint_url}/_local/health") as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def test_stopping_local_aws_while_an_environment_is_made_is_no_failure_of_the_job(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOCAL_AWS_ENVIRONMENTS", str(tmp_path / "environments"))
    jobs = start()
    # The backend of this package never comes back, as an index might that does not answer.
    backend = (
        "import os, sys, time\n"
        "def get_requires_for_build_wheel(settings=None):\n"
        f"    open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    files = {
        "train.py": "",
        "requirements.txt": "./slow\n",
        "slow/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n',
        "slow/build.py": backend,
    }
    request = jobs.script_request(jobs.name(), files, "train.py")
    name = request["TrainingJobName"]
    jobs.sagemaker.create_training_job(**request)
    eventually((tmp_path / "pid").exists)
    assert jobs.describe_training(name)["SecondaryStatus"] == "Downloading"
    jobs.aws.server.stop()
    eventually(lambda: not runs(int((tmp_path / "pid").read_text())))
    again = start()
    assert again.describe_training(name)["TrainingJobStatus"] == "InProgress"
    again.sagemaker.stop_training_job(TrainingJobName=name)
