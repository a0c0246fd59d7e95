"""Ports on 127.0.0.1: which are free, who holds the others, and which ones we chose."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

from yard.errors import YardError
from yard.home import Home, read_json, write_json

#: How many ports after the usual one are tried.
_REACH = 50


@dataclass(frozen=True)
class Ports:
    """Where our services listen."""

    local_aws: int = 4566
    airflow: int = 8080
    #: Where the UI fetches the log of a task that is running. Airflow's own default collides with a second Airflow.
    logs: int = 8793


def is_free(port: int) -> bool:
    """Whether we could listen on a port of 127.0.0.1, whoever listens on which address now."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens on a port, as far as the system tells us."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("inet"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (process {process.pid})"
    return "another program"


def next_free(wanted: int, taken: set[int], free: Callable[[int], bool] = is_free) -> int:
    """The first free port from the wanted one upwards that is not in ``taken``.

    :raises YardError: when none of the next fifty is free.
    """
    for port in range(wanted, min(wanted + _REACH, 65536)):
        if port not in taken and free(port):
            return port
    raise YardError(
        f"No port from {wanted} to {wanted + _REACH - 1} is free.",
        "End what holds them, or name others: TRAINYARD_PORTS=<local_aws>,<airflow>,<logs>.",
    )


def choose(wanted: Ports, free: Callable[[int], bool] = is_free) -> Ports:
    """The wanted ports where they are free, the next free ones where they are not; no two the same."""
    chosen: dict[str, int] = {}
    for name, port in asdict(wanted).items():
        chosen[name] = next_free(port, set(chosen.values()), free)
    return Ports(**chosen)


def wanted_ports(home: Home, variable: str | None) -> Ports:
    """What ``TRAINYARD_PORTS`` says, else what was chosen last time, else the usual ones.

    :param variable: the value of ``TRAINYARD_PORTS``: ``<local_aws>,<airflow>,<logs>``.
    :raises YardError: when it is not three numbers.
    """
    if variable:
        parts = variable.split(",")
        if len(parts) != 3 or not all(part.strip().isdigit() and 0 < int(part) < 65536 for part in parts):
            raise YardError(f"TRAINYARD_PORTS is {variable!r}.", "Write three port numbers, e.g. 4566,8080,8793.")
        return Ports(*(int(part) for part in parts))
    kept = read_json(home.state / "ports.json") or {}
    return Ports(**{name: port for name, port in kept.items() if name in asdict(Ports()) and isinstance(port, int)})


def keep(home: Home, ports: Ports) -> None:
    """Remember the choice, so that addresses stay the same from run to run."""
    write_json(home.state / "ports.json", asdict(ports))
