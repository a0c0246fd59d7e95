"""Faults of jobs, carried out: their processes die or hang, their machines are not there, their containers are ill."""

import logging
import threading
from typing import Protocol

from local_aws.faults.script import Script
from local_aws.processes import ManagedProcess

log = logging.getLogger("local_aws")


class Machine(Protocol):
    """What runs on it ends with it."""

    def kill(self) -> None:
        """End it at once."""


class JobFaults:
    """What is asked at the few places where a job's fate is decided.

    A kind is ``training-job``, ``processing-job``, ``transform-job``, ``cluster``, ``step``, ``endpoint`` or
    ``container``; a name is the job's own, of a cluster its id, of a container the URI of its model.tar.gz.
    """

    def __init__(self, script: Script) -> None:
        self._script = script

    def lacks_capacity(self, kind: str, name: str) -> bool:
        """Whether there are no machines for this job."""
        return self._hit("capacity", kind, name)

    def rolls_back_silently(self, endpoint: str) -> bool:
        """Whether an update of this endpoint ends InService, with the old config and without a reason."""
        return self._hit("silent-rollback", "endpoint", endpoint)

    def ill_seconds(self, model_data: str) -> float:
        """How long a model's container does not answer /ping, whatever it says itself."""
        if self._hit("failing-container", "container", model_data):
            return float("inf")
        rule = self._script and self._script.hit_on_job("slow-container", "container", model_data)
        return float(rule.more.get("seconds", 10.0)) if rule else 0.0

    def started(self, label: str, process: ManagedProcess) -> None:
        """Make a process die or hang, when it shall.

        :param label: as ``Processes.start`` was told: ``training-job/NAME``, ``EMR step ID``, ``serve URI``.
        """
        if not self._script:
            return
        kind, name = _read(label)
        for fault, act in (("crash", process.kill), ("hang", process.suspend)):
            rule = self._script.hit_on_job(fault, kind, name)
            if rule:
                log.info("scripted fault: %s of %s %s", fault, kind, name)
                timer = threading.Timer(rule.more.get("seconds", 0.0), act)
                timer.daemon = True
                timer.start()

    def may_lose_spot(self, name: str, process: Machine, lost: threading.Event) -> None:
        """Take a spot job's machine away when it shall be.

        :param lost: set before the process is killed.
        """
        rule = self._script and self._script.hit_on_job("spot-loss", "training-job", name)
        if not rule:
            return
        log.info("scripted fault: spot-loss of training-job %s", name)

        def take_away() -> None:
            lost.set()
            process.kill()

        timer = threading.Timer(rule.more.get("seconds", 0.0), take_away)
        timer.daemon = True
        timer.start()

    def _hit(self, fault: str, kind: str, name: str) -> bool:
        return bool(self._script and self._script.hit_on_job(fault, kind, name))


def _read(label: str) -> tuple[str, str]:
    for head, kind in (("EMR step ", "step"), ("serve ", "container")):
        if label.startswith(head):
            return kind, label.removeprefix(head)
    kind, _, name = label.partition("/")
    return kind, name
