"""Starting, finding and ending the supervisor, and with it local_aws and Airflow."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import psutil

from yard import environment, ports, processes, say
from yard.checks import before_start
from yard.errors import YardError
from yard.home import Home, read_json, write_json
from yard.ports import Ports

_LOCAL_AWS_SECONDS, _AIRFLOW_SECONDS, _END_SECONDS = 120.0, 300.0, 45.0


@dataclass(frozen=True)
class Running:
    """A supervisor that lives, and where its services answer."""

    home: Home
    ports: Ports
    known: dict[str, Any]

    @property
    def endpoint_url(self) -> str:
        """Where local_aws answers."""
        return environment.endpoint_url(self.ports)

    @property
    def ui_url(self) -> str:
        """Where the Airflow UI is."""
        return environment.ui_url(self.ports)

    def state(self) -> dict[str, Any]:
        """What the supervisor last said of itself: phase, reason, children."""
        return _state(self.home) or {}

    def check(self) -> None:
        """Make sure that the supervisor lives.

        :raises YardError: with the reason it gave, when it does not.
        """
        if processes.find(self.known) is None:
            state = self.state()
            reason = state.get("reason") if state.get("pid") == self.known["pid"] else ""
            raise YardError(
                f"The services have ended: {reason or 'their supervisor died without a word'}.",
                f"See {self.home.shown(self.home.logs / 'supervisor.log')} and the other files there.",
            )


def running(home: Home) -> Running | None:
    """The supervisor that runs at present, ready or still starting; None when there is none."""
    state = _state(home)
    if state is None or processes.find(state) is None or state.get("phase") in {"stopping", "stopped", "failed"}:
        return None
    known = {name: state[name] for name in ("pid", "created")}
    return Running(home, Ports(**state["ports"]), known)


def start(home: Home, *, schedule: bool = False) -> tuple[Running, bool]:
    """Start the supervisor, or find the one that runs.

    :param schedule: whether DAGs run by their timetables, too.
    :returns: the supervisor, and whether this call started it. It is not ready yet: see ``wait_for_...``.
    :raises YardError: when this machine lacks something, or when what runs was started otherwise.
    """
    home.make()
    with _one_at_a_time(home):
        found = running(home)
        if found is not None:
            if schedule and not found.state().get("schedule"):
                raise YardError("Everything is up already, without schedules.", "Run `make down`, then `up` again.")
            return found, False
        before_start(home)
        _end_leftovers(home)
        chosen = _choose_ports(home)
        (home.run / "outputs.json").unlink(missing_ok=True)
        (home.run / "supervisor.json").unlink(missing_ok=True)
        return _spawn(home, chosen, schedule), True


def wait_for_local_aws(services: Running) -> None:
    """Wait until local_aws answers.

    :raises YardError: when it ends or does not get ready in time.
    """

    def answers() -> bool:
        try:
            return httpx.get(f"{services.endpoint_url}/_local/health", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    _wait(services, answers, _LOCAL_AWS_SECONDS, "local_aws", "local_aws.log")


def wait_for_airflow(services: Running) -> None:
    """Wait until all components of Airflow are healthy.

    :raises YardError: when one ends or does not get ready in time.
    """
    _wait(services, lambda: services.state().get("phase") == "ready", _AIRFLOW_SECONDS, "Airflow", "supervisor.log")


def stop(home: Home) -> bool:
    """End the supervisor, all that it started, and all that an earlier, crashed one left behind.

    :returns: whether there was anything to end.
    :raises YardError: when something would not end, or a port is still held.
    """
    home.make()
    with _one_at_a_time(home):
        state = _state(home)
        supervisor = processes.find(state)
        if supervisor is not None:
            supervisor.terminate()
            psutil.wait_procs([supervisor], timeout=_END_SECONDS)
        leftovers = processes.marked(home)
        stubborn = processes.end(leftovers, 5.0)
        if stubborn:
            names = ", ".join(f"{process.pid}" for process in stubborn)
            raise YardError(f"These processes would not end: {names}.", "Are they another user's? End them by hand.")
        ended = supervisor is not None or bool(leftovers)
        if ended and state is not None:
            _check_ports_are_free(Ports(**state["ports"]))
        return ended


def _state(home: Home) -> dict[str, Any] | None:
    return read_json(home.run / "supervisor.json")


@contextmanager
def _one_at_a_time(home: Home) -> Iterator[None]:
    """Two commands that start or end services at once would undo each other: the second one waits."""
    with (home.run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say.note("Another yard command is starting or ending services; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _end_leftovers(home: Home) -> None:
    leftovers = processes.marked(home)
    if leftovers:
        say.note(f"Ending {len(leftovers)} processes that an earlier run left behind.")
        processes.end(leftovers, 5.0)


def _choose_ports(home: Home) -> Ports:
    wanted = ports.wanted_ports(home, os.environ.get("TRAINYARD_PORTS"))
    chosen = ports.choose(wanted)
    for name, port in asdict(wanted).items():
        if getattr(chosen, name) != port:
            who = ports.holder(port)
            say.note(f"Port {port} is held by {who}: {name} takes {getattr(chosen, name)}, from now on.")
    ports.keep(home, chosen)
    return chosen


def _spawn(home: Home, chosen: Ports, schedule: bool) -> Running:
    argv = [sys.executable, "-m", "yard.supervisor", "--ports", *(str(port) for port in asdict(chosen).values())]
    if schedule:
        argv.append("--schedule")
    with (home.logs / "supervisor.log").open("ab") as output:
        process = subprocess.Popen(
            argv,
            cwd=home.root,
            env={**environment.base(home, os.environ), "TRAINYARD_STATE": str(home.state)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in this terminal, and its end, are not for the services
        )
    known = processes.record(process.pid)
    # So that the next command finds it even before it can speak for itself.
    state = {**known, "ports": asdict(chosen), "schedule": schedule, "phase": "starting", "reason": ""}
    write_json(home.run / "supervisor.json", state)
    return Running(home, chosen, known)


def _wait(services: Running, ready: Callable[[], bool], seconds: float, name: str, log: str) -> None:
    where = services.home.shown(services.home.logs / log)
    deadline = time.monotonic() + seconds
    while not ready():
        services.check()
        if time.monotonic() > deadline:
            raise YardError(f"{name} is not ready after {say.seconds(seconds)}.", f"See {where}.")
        time.sleep(0.1)


def _check_ports_are_free(held: Ports) -> None:
    deadline = time.monotonic() + 5
    taken = list(asdict(held).values())
    while taken and time.monotonic() < deadline:
        taken = [port for port in taken if not ports.is_free(port)]
        time.sleep(0.1 if taken else 0)
    if taken:
        who = ", ".join(f"{port} by {ports.holder(port)}" for port in taken)
        raise YardError(f"Ports are still held: {who}.", "It is not a process of ours; the next `up` takes others.")
