"""Starting and ending everything for real, with things going wrong in between."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]


def free_ports(count: int) -> list[int]:
    """Ports that are free now; they may be taken by others until they are used, which yard then says."""
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Yard:
    """The command line, on a state folder and ports of the test's own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.ports = free_ports(3)
        wanted = ",".join(map(str, self.ports))
        self._environment = {**os.environ, "TRAINYARD_STATE": str(state), "TRAINYARD_PORTS": wanted}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "yard", *arguments],
            cwd=ROOT,
            env=self._environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """The exit code, and what was said."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def supervisor(self) -> dict[str, Any]:
        """What the supervisor says of itself; nothing while there is none."""
        path = self.state / "run" / "supervisor.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def child(self, name: str) -> psutil.Process:
        return psutil.Process(self.supervisor()["children"][name]["pid"])

    def health(self) -> dict[str, Any]:
        return httpx.get(f"{self.supervisor()['ui_url']}/api/v2/monitor/health", timeout=30).json()

    def left_over(self) -> list[str]:
        """Processes that were started for this state folder and still live."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("TRAINYARD_STARTED_FOR") == str(self.state)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def listening(self) -> list[int]:
        found = []
        for port in self.ports:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    found.append(port)
        return found


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    found = Yard(tmp_path / "state")
    yield found
    found("down")
    assert found.left_over() == []


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 300
    while not happened():
        assert time.monotonic() < deadline, f"{what}: it did not happen"
        time.sleep(0.2)


def test_what_goes_up_answers_survives_a_death_and_comes_down_without_a_trace(yard: Yard) -> None:
    code, said = yard("up")
    assert code == 0, said
    assert f"http://127.0.0.1:{yard.ports[1]}" in said
    assert {entry["status"] for entry in yard.health().values()} == {"healthy"}
    ui = yard.supervisor()["ui_url"]
    ledger = f"{ui}/trainyard/ledger/recommender?model=recommender"
    stranger = {"Authorization": "Bearer nobody"}
    assert httpx.get(f"{ui}/api/v2/dags", headers=stranger, timeout=30).status_code in (401, 403)
    assert httpx.get(ledger, headers=stranger, timeout=60).status_code in (401, 403)
    answer = httpx.get(ledger, timeout=60)  # here everybody is an administrator
    assert (answer.status_code, answer.json()) == (200, []), answer.text

    code, said = yard("up")  # again: nothing is started twice
    assert code == 0, said
    before = yard.child("scheduler")

    before.send_signal(signal.SIGKILL)
    wait_until(lambda: yard.supervisor()["children"]["scheduler"]["restarts"] == 1, "the scheduler is started again")
    assert yard.child("scheduler").pid != before.pid

    code, said = yard("status")
    assert code == 0, said
    assert "scheduler" in said

    assert yard("down")[0] == 0
    assert yard.left_over() == []
    assert yard.listening() == []
    assert yard("down") == (0, "✓ Nothing was running.\n")


def test_what_a_killed_supervisor_left_behind_is_ended_by_down(yard: Yard) -> None:
    starting = yard.start("up")
    wait_until(lambda: "local_aws" in yard.supervisor().get("children", {}), "local_aws is started")
    starting.kill()
    starting.communicate()
    psutil.Process(yard.supervisor()["pid"]).kill()
    assert yard("down")[0] == 0
    assert yard.left_over() == []
    assert yard.listening() == []


def test_ctrl_c_while_starting_ends_what_was_started(yard: Yard) -> None:
    starting = yard.start("up")
    wait_until(lambda: "local_aws" in yard.supervisor().get("children", {}), "local_aws is started")
    starting.send_signal(signal.SIGINT)
    said, _ = starting.communicate(timeout=300)
    assert starting.returncode == 130
    assert "Interrupted" in said
    assert yard.left_over() == []


def test_a_port_that_another_program_holds_is_left_to_it(yard: Yard) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", yard.ports[1]))
        stranger.listen()
        starting = yard.start("up")
        wait_until(lambda: bool(yard.supervisor().get("ui_url")), "a port is chosen")
        chosen = yard.supervisor()["ports"]["airflow"]
        starting.send_signal(signal.SIGINT)
        said, _ = starting.communicate(timeout=300)
        assert chosen != yard.ports[1]
        assert f"Port {yard.ports[1]} is held by" in said
        assert f"airflow takes {chosen}" in said
