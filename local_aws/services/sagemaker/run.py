"""What all kinds of job have in common while they run: a turn, a folder, a log, and an end whatever happens."""

import logging
import sqlite3
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from local_aws.errors import AwsError
from local_aws.services.sagemaker.artifacts import Sync
from local_aws.services.sagemaker.cluster import hosts_file
from local_aws.services.sagemaker.observe import JobOutput, Metrics
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.supervision import Abandoned, Control
from local_aws.services.sagemaker.workplace import Workplace
from local_aws.world import World

log = logging.getLogger("local_aws")


#: What SageMaker says when it finds no machines.
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)


class Failed(Exception):
    """The job fails; the message is its FailureReason."""


class Interrupted(Exception):
    """The job's machines were taken away: it runs anew on others."""


@dataclass(frozen=True)
class Host:
    """One of the machines of a job: its name in the job, its folder, its log stream."""

    name: str
    workplace: Workplace
    output: JobOutput


class JobRun(ABC):
    """One job from its acceptance to its end.

    :param resource: the kind as its ARN names it, such as ``training-job``.
    :param log_group: where its lines go, a stream a host: ``<name>/<host>-<seconds since the epoch>``.
    :param host_names: in order; the first is the one that a job of one host has.
    """

    def __init__(
        self,
        world: World,
        slots: Slots,
        name: str,
        *,
        resource: str,
        log_group: str,
        metrics: Metrics | None = None,
        host_names: Sequence[str] = ("algo-1",),
    ) -> None:
        self._world = world
        self._slots = slots
        self._name = name
        self._resource = resource
        self._log_group = log_group
        self._metrics = metrics
        self._host_names = host_names
        #: All hosts, while the job runs.
        self._hosts: list[Host] = []
        #: Folders that are uploaded while the job runs.
        self._syncs: list[Sync] = []

    def run(self, control: Control) -> None:
        """Bring the job to its end, whatever happens.

        :raises Abandoned: when local_aws ends meanwhile.
        """
        if not self._slots.take(lambda: control.gave_up, self._waits):
            control.check()
            self._never_started()
            return
        try:
            while self._was_interrupted(control):
                self._syncs.clear()
        finally:
            self._slots.release()

    @abstractmethod
    def _waits(self) -> None:
        """Record that the job waits for its turn."""

    @abstractmethod
    def _never_started(self) -> None:
        """Record that the job was stopped while it waited."""

    @abstractmethod
    def _work(self, control: Control, workplace: Workplace, output: JobOutput) -> None:
        """Do it, on the first host or on all of ``_hosts``, and record the end.

        :raises Failed: where it goes wrong; or ``AwsError``, where the data's side does.
        """

    @abstractmethod
    def _failed(self, reason: str, workplace: Workplace) -> None:
        """Record the bad end."""

    def _was_interrupted(self, control: Control) -> bool:
        """Do the work once; says whether it must be done anew."""
        self._hosts = self._prepared_hosts()
        workplace, output = self._hosts[0].workplace, self._hosts[0].output
        try:
            if self._world.faults.jobs.lacks_capacity(self._resource, self._name):
                raise Failed(NO_CAPACITY)
            self._work(control, workplace, output)
        except Interrupted:
            return True
        except Failed as failed:
            self._fail(str(failed), workplace, output)
        except AwsError as error:
            self._fail(f"ClientError: {error}", workplace, output)
        except Abandoned:
            raise
        except Exception as error:
            control.check()
            log.exception("%s %s", self._resource, self._name)
            self._fail(f"InternalServerError: local_aws failed: {error!r}", workplace, output)
        finally:
            for sync in self._syncs:
                sync.stop()
            for host in self._hosts:
                host.output.close()
                host.workplace.clear()
        return False

    def _prepared_hosts(self) -> list[Host]:
        root, moment = self._world.root, int(time.time())
        # New machines have new addresses, on which no port is still held by what ran before.
        hosts_text = hosts_file(uuid.uuid4().hex, self._host_names)
        return [
            Host(
                name,
                Workplace(root, self._resource, self._name, name, hosts_text),
                JobOutput(self._world.logs.stream(self._log_group, f"{self._name}/{name}-{moment}"), self._metrics),
            )
            for name in self._host_names
        ]

    def _fail(self, reason: str, workplace: Workplace, output: JobOutput) -> None:
        try:
            output.note(reason)
            self._failed(reason, workplace)
        except (OSError, sqlite3.Error):
            # Most likely the disk is full; then the job's own folder makes room for its last words.
            log.exception("the end of %s %s cannot be recorded yet", self._resource, self._name)
            for host in self._hosts:
                host.workplace.clear()
            self._failed(reason, workplace)

    def _keep_in_sync(self, sync: Sync) -> None:
        sync.start()
        self._syncs.append(sync)

    def _finish_syncs(self) -> None:
        for sync in self._syncs:
            sync.finish()
