"""One running local_aws: a state folder, a port, and the services between them."""

import fcntl
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from cheroot import wsgi

from local_aws.admin import Admin
from local_aws.gateway import HeaderKeepingGateway
from local_aws.journal import Moto
from local_aws.server import Front
from local_aws.services import build_all
from local_aws.state import State
from local_aws.state_machines import interpret, leave, take_up
from local_aws.world import build_world

log = logging.getLogger("local_aws")

#: Threads that answer requests. Calls are short; the most that wait at once are invocations of models.
_THREADS = 48


class FolderInUse(RuntimeError):
    """Another local_aws works on the same state folder."""


class LocalAws:
    """Starts on construction; ``stop()`` ends every process and frees port and folder.

    :param root: the state folder, created when missing.
    :param port: 0 takes a free one; see ``port`` afterwards.
    :param restart: starts the whole program anew; offered as ``POST /_local/restart`` where there is one.
    :raises FolderInUse: when another process holds ``root``.
    :raises OSError: when the port is taken.
    """

    def __init__(
        self,
        root: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 4566,
        region: str = "us-east-1",
        restart: Callable[[], None] | None = None,
    ) -> None:
        self.root = root.resolve()
        self._lock = _lock_folder(self.root)
        self._admin = Admin(restart)
        self._front: Front | None = None
        self._server = wsgi.Server((host, port), self._serve, numthreads=_THREADS, request_queue_size=256)
        self._server.gateway = HeaderKeepingGateway
        self._server.prepare()
        self.port = int(self._server.bind_addr[1])
        self.endpoint_url = f"http://{host}:{self.port}"
        self._state = State(self.root / "state.sqlite")
        interpret(self.endpoint_url, self._state.table("states.executions"))
        moto = Moto(self._state.table("moto.journal"))
        take_up()
        self.world = build_world(self.root, region, self.endpoint_url, self._state)
        self._services = build_all(self.world)
        self._admin.faults = self.world.faults.admin
        self._front = Front(self._services, moto, self._admin, self.world.faults.calls)
        self._thread = threading.Thread(target=self._server.serve, name="local_aws", daemon=True)
        self._thread.start()
        for service in self._services:
            service.start()
        self._admin.ready = True

    def stop(self) -> None:
        """End all jobs and endpoints, then the server. What was remembered stays on disk."""
        self._admin.ready = False
        for service in reversed(self._services):
            service.stop()
        self.world.processes.stop_all()
        self._server.stop()
        self._thread.join()
        leave(self.endpoint_url)
        self._state.close()
        self._lock.close()

    def _serve(self, environ, start_response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - WSGI
        assert self._front is not None  # noqa: S101 - the server listens only once it is there
        return self._front(environ, start_response)


def _lock_folder(root: Path) -> IO[str]:
    root.mkdir(parents=True, exist_ok=True)
    lock = (root / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise FolderInUse(
            f"another local_aws already works on {root}; stop it, or give another folder by --state"
        ) from None
    return lock
