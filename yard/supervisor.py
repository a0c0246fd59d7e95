"""The process behind ``yard up``: starts local_aws and Airflow, keeps them alive, ends them all when it ends.

``python -m yard.supervisor`` is started by the command line, in a session of its own. SIGTERM ends it cleanly. What it
does stands in ``.trainyard/run/supervisor.json``; its output is ``.trainyard/logs/supervisor.log``.
"""

import argparse
import gc
import importlib.metadata
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from yard import environment, processes, warm
from yard.children import Child, end
from yard.health import Health
from yard.home import Home, read_json, write_json
from yard.ports import Ports

log = logging.getLogger("yard")

#: A component that dies more often than this within the window is not started again: something is wrong with it.
_RESTARTS, _WINDOW_SECONDS = 5, 600.0
#: How long to wait for the command line to deploy the stack, whose outputs the DAGs need.
_OUTPUTS_SECONDS = 300.0
_AIRFLOW_GRACE_SECONDS, _LOCAL_AWS_GRACE_SECONDS = 8.0, 20.0


class _Ended(Exception):
    """SIGTERM or SIGINT."""


class _Broken(Exception):
    """Something cannot be kept alive."""


class Supervisor:
    """Parent of local_aws and of the components of Airflow."""

    def __init__(self, home: Home, ports: Ports, *, schedule: bool) -> None:
        self._home = home
        self._ports = ports
        self._inherited = dict(os.environ)
        self._asked_to_end = False
        self._importing = False
        self._was_ready = False
        self._state: dict[str, Any] = {
            **processes.record(os.getpid()),
            "schedule": schedule,
            "ports": asdict(ports),
            "endpoint_url": environment.endpoint_url(ports),
            "ui_url": environment.ui_url(ports),
        }
        self._local_aws = Child("local_aws", self._exec_local_aws, home.logs / "local_aws.log")
        self._components = [
            Child(name, lambda name=name: warm.run(name, ports.logs), home.logs / f"{name}.log")  # type: ignore[misc]
            for name in warm.COMPONENTS
        ]

    def serve(self) -> int:
        """Start, watch, end.

        :returns: 0 when somebody asked for the end, 1 when something could not be kept alive.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_end)
        code, reason = 0, "asked to stop"
        try:
            self._start()
            self._watch()
        except _Ended:
            pass
        except Exception as error:
            code, reason = 1, str(error) or repr(error)
            log.exception("cannot go on")
        self._say("stopping", reason)
        end(self._components, _AIRFLOW_GRACE_SECONDS)
        end([self._local_aws], _LOCAL_AWS_GRACE_SECONDS)
        processes.end(processes.marked(self._home), 2.0)
        self._say("failed" if code else "stopped", reason)
        return code

    def _ask_to_end(self, *_: object) -> None:
        self._asked_to_end = True
        if self._importing:  # for many seconds nothing else would look
            raise _Ended

    def _start(self) -> None:
        self._say("starting local_aws and importing Airflow")
        self._local_aws.start()
        settings = environment.airflow_settings(self._home, self._ports, self._inherited, self._state["schedule"])
        os.environ.update(settings)
        self._import(warm.import_commands)
        migration = self._migration()
        if migration:
            migration.start()
        self._import(warm.import_api)
        if migration:
            self._say("creating Airflow's database")
            self._await_migration(migration)
        self._say("waiting for the stack's outputs")
        os.environ.update(environment.airflow_variable(self._outputs()))
        warm.release_connections()
        gc.freeze()  # the collector would touch, and so copy, every page that the components share
        for child in self._components:
            child.start()
        self._say("starting Airflow")

    def _import(self, what: Callable[[], None]) -> None:
        self._pause()
        self._importing = True
        what()
        self._importing = False
        self._pause()

    def _migration(self) -> Child | None:
        """A child that creates or upgrades the database; None when this version of Airflow did so before."""
        version = importlib.metadata.version("apache-airflow")
        known = read_json(self._home.airflow / "migrated.json") or {}
        elsewhere = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" in os.environ
        if known.get("version") == version and (self._home.airflow / "airflow.db").exists() and not elsewhere:
            return None
        return Child("migration", warm.migrate, self._home.logs / "migration.log")

    def _await_migration(self, migration: Child) -> None:
        while (code := migration.reap()) is None:
            if self._asked_to_end:
                end([migration], 2.0)
            self._pause()
        if code:
            raise _Broken(f"`airflow db migrate` ended with {code}; its output is in {migration.log}")
        version = importlib.metadata.version("apache-airflow")
        write_json(self._home.airflow / "migrated.json", {"version": version})

    def _outputs(self) -> dict[str, str]:
        deadline = time.monotonic() + _OUTPUTS_SECONDS
        while (outputs := read_json(self._home.run / "outputs.json")) is None:
            if time.monotonic() > deadline:
                raise _Broken(f"nobody deployed the stack within {_OUTPUTS_SECONDS:.0f} s")
            self._pause()
        return outputs

    def _watch(self) -> None:
        health = Health(self._state["ui_url"])
        while True:
            self._pause()
            if health.is_due():
                health.ask()
                if health.all_healthy and self._state["phase"] != "ready":
                    self._say("ready")
            for child in self._components:
                if child.pid and health.is_stuck(child.name, child.starts[-1]):
                    log.error("%s does not answer or beat any more: it is ended", child.name)
                    end([child], _AIRFLOW_GRACE_SECONDS)
                    self._restart(child, "it was stuck")

    def _pause(self) -> None:
        """One beat: notice the dead and the wish to end, then wait a little.

        :raises _Ended: when somebody asked.
        :raises _Broken: when a component dies again and again.
        """
        if self._asked_to_end:
            raise _Ended
        for child in (self._local_aws, *self._components):
            code = child.reap()
            if code is not None:
                self._restart(child, f"it ended with {code}")
        time.sleep(0.1)

    def _restart(self, child: Child, why: str) -> None:
        recent = [start for start in child.starts if start > time.monotonic() - _WINDOW_SECONDS]
        if len(recent) > _RESTARTS or (child is self._local_aws and not self._was_ready):
            raise _Broken(f"{child.name} cannot be kept alive: {why}; its output is in {child.log}")
        log.error("%s is started again: %s", child.name, why)
        child.start()
        self._say(self._state["phase"])

    def _say(self, phase: str, reason: str = "") -> None:
        log.info("%s %s", phase, reason)
        self._state |= {"phase": phase, "reason": reason}
        self._was_ready = self._was_ready or phase == "ready"
        self._state["children"] = {
            child.name: {**child.known, "restarts": max(0, len(child.starts) - 1), "log": str(child.log)}
            for child in (self._local_aws, *self._components)
        }
        write_json(self._home.run / "supervisor.json", self._state)

    def _exec_local_aws(self) -> None:
        argv = [sys.executable, "-m", "local_aws", "--port", str(self._ports.local_aws)]
        argv += ["--state", str(self._home.local_aws), "--region", environment.REGION]
        argv += ["--images", str(self._home.root / "containers")]
        os.execve(sys.executable, argv, environment.base(self._home, self._inherited))  # noqa: S606 - no shell is wanted


def main() -> int:
    """Supervise until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m yard.supervisor", description=__doc__)
    parser.add_argument("--ports", type=int, nargs=3, required=True, metavar=("LOCAL_AWS", "AIRFLOW", "LOGS"))
    parser.add_argument("--schedule", action="store_true", help="let the DAGs run by their timetables")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    home = Home.find()
    os.chdir(home.root)
    return Supervisor(home, Ports(*options.ports), schedule=options.schedule).serve()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    sys.exit(main())
