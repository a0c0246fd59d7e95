"""Training on several hosts, in two phases, as AWS's image has it.

First all hosts form a group and tell one another whether they have data and of what kind. Hosts without data drop out.
Those that are left form a second group, in which xgboost trains: after each round all have the same model. The group's
tracker runs on its first host, the master, which alone writes the model.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import xgboost
from xgboost import collective

from .errors import UserError

_PORT = 9099
#: Beside the tracker's port the master opens this many further on another one, once the tracker is ready: to knock at
#: the tracker itself would make it complain of a worker that says nothing.
_READY = 100
#: For hosts that take longer to read their data than others; one that fails ends the others at once.
_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True)
class Told:
    """What a host tells of itself.

    ``extremes``: least and greatest label of each channel that it has.
    """

    host: str
    has_data: bool
    width: int
    extremes: dict[str, tuple[float, float]]


def run(own: Told, hosts: Sequence[str], train: Callable[[list[Told], bool], None]) -> None:
    """Have ``train`` called on every host that has data, in a group with the others.

    :param own: what this host tells.
    :param train: is given what all hosts in the group told, and whether this one is the master.
    :raises UserError: when no host has data.
    """
    if len(hosts) == 1:
        train([own], True)
        return
    print(f"Distributed node training with {len(hosts)} hosts: {list(hosts)}", flush=True)
    with _Group(hosts, own.host, _PORT):
        all_told = _gathered(own)
    group = [told for told in all_told if told.has_data]
    if not group:
        raise UserError("No hosts received training data.")
    if not own.has_data:
        print(f"Host {own.host} not being used for distributed training.", flush=True)
        return
    if len(group) == 1:
        train(group, True)
        return
    with _Group([told.host for told in group], own.host, _PORT + 1) as is_master:
        train(group, is_master)


def _gathered(own: Told) -> list[Told]:
    """What all hosts of the group tell, in their order."""
    here = collective.get_rank()
    sent: list[Any] = [
        collective.broadcast(asdict(own) if rank == here else None, rank) for rank in range(collective.get_world_size())
    ]
    return sorted((Told(**one) for one in sent), key=lambda told: told.host)


class _Group:
    """Hosts that compute together, for the time of a block. Entering it waits for all of them.

    A block that raises is left at once: what the others wait for will not come, and the end of this process tells
    SageMaker to end them.
    """

    def __init__(self, hosts: Sequence[str], host: str, port: int) -> None:
        self._hosts = sorted(hosts)
        self._host = host
        self._port = port
        self._tracking: threading.Thread | None = None
        self._ready: socket.socket | None = None

    def __enter__(self) -> bool:
        master = self._hosts[0]
        address = _looked_up(master)
        if self._host == master:
            # Ranks by task, so that the master's is 0.
            tracker = xgboost.RabitTracker(len(self._hosts), address, self._port, sortby="task")
            tracker.start()
            self._tracking = threading.Thread(target=tracker.wait_for, daemon=True)
            self._tracking.start()
            self._ready = socket.create_server((address, self._port + _READY), backlog=len(self._hosts))
        _wait_for_port(address, self._port + _READY)
        task = f"{self._hosts.index(self._host):04d}"
        collective.init(
            dmlc_tracker_uri=address,
            dmlc_tracker_port=self._port,
            dmlc_task_id=task,
            dmlc_timeout=int(_PATIENCE_SECONDS),
        )
        return self._host == master

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            collective.finalize()
            if self._tracking is not None and self._ready is not None:
                self._tracking.join()
                self._ready.close()


def _looked_up(host: str) -> str:
    """The address of a host; on AWS its name may take a while to be known."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return socket.gethostbyname(host)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _wait_for_port(address: str, port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection((address, port), timeout=5).close()
        except OSError as error:
            if time.monotonic() > deadline:
                sys.stderr.write(f"the master on {address}:{port} does not answer: {error}\n")
                raise
            time.sleep(0.1)
        else:
            return
