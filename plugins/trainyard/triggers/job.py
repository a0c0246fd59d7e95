"""Wait for a job of any kind; stop it when its time is up, or when a person kills the waiting task."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from trainyard.aws.calls import Absent, acall
from trainyard.aws.clients import CONNECTION, Aws
from trainyard.aws.jobs import about
from trainyard.aws.logs import newest_line
from trainyard.catalog import kind_of
from trainyard.errors import AwsFailure, CallRefused
from trainyard.kinds import Ref, State
from trainyard.triggers.base import Trigger, to_its_end
from trainyard.triggers.patience import Patience, spread

PROGRESS_SECONDS = 20.0  # how often the job's newest log line is shown while it runs
STOP_SECONDS = 25.0  # the triggerer gives on_kill 30


class JobTrigger(Trigger):
    """Polls a job until it is in no transitional state any more.

    The event says how the wait ended: ``ended`` (look at the job: worker and service decide together whether that is
    success), ``timed_out`` (its time was up and it was stopped) or ``unreachable`` (the service did not answer for
    ``PATIENCE_SECONDS``, or refuses to tell).

    Args:
        kind: key of the job's kind in ``catalog.KINDS``.
        ref: what identifies it.
        region: where.
        connection: Airflow's AWS connection.
        poll_seconds: about how long between two looks.
        deadline: when its time is up, in seconds since 1970: a triggerer that takes over keeps it.
        carry: what the event hands on to the operator, besides the ref.
    """

    def __init__(
        self,
        *,
        kind: str,
        ref: Ref,
        region: str,
        poll_seconds: float,
        deadline: float,
        carry: dict[str, Any] | None = None,
        connection: str = CONNECTION,
    ) -> None:
        super().__init__()
        self.kind = kind_of(kind)
        self.ref = ref
        self.aws = Aws(region, connection)
        self.poll_seconds = poll_seconds
        self.deadline = deadline
        self.carry = carry or {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what another triggerer needs to go on waiting. Plain JSON only."""
        return "trainyard.triggers.job.JobTrigger", {
            "kind": self.kind.key,
            "ref": self.ref,
            "region": self.aws.region,
            "connection": self.aws.connection,
            "poll_seconds": self.poll_seconds,
            "deadline": self.deadline,
            "carry": self.carry,
        }

    async def wait(self) -> dict[str, Any]:
        """Wait. Trouble with the service is waited out with a fresh client, so rotated credentials are taken up."""
        patience = Patience(self.poll_seconds)
        told = _Told()
        while True:
            try:
                async with self.aws.open(self.kind.service) as client:
                    ended = await self._watch(client, patience, told)
            except AwsFailure as failure:
                # A job that was just created may not be visible everywhere yet, so "not there" is waited out as well.
                hopeless = isinstance(failure, CallRefused) and not isinstance(failure, Absent)
                if not hopeless and patience.trouble():
                    pause = patience.pause()
                    self.log.warning("%s Trying again in %.0f s.", failure, pause)
                    await asyncio.sleep(pause)
                    continue
                ended = {"outcome": "unreachable", "reason": str(failure), "transient": not hopeless}
            return {"ref": self.ref} | self.carry | ended

    async def _watch(self, client: Any, patience: Patience, told: _Told) -> dict[str, Any]:
        while True:
            await asyncio.sleep(min(spread(self.poll_seconds), max(0.0, self.deadline - time.time())))
            description = await acall(client, self.kind.describe, about(self.ref), **self.ref)
            patience.over()
            if self.kind.state(description) not in (State.RUNNING, State.UNKNOWN):
                return {"outcome": "ended", "status": self.kind.status_of(description)}
            if time.time() >= self.deadline:
                self.log.error("The time limit of %s is used up: stopping it.", about(self.ref))
                await self._stop(client)
                return {"outcome": "timed_out", "status": self.kind.status_of(description)}
            await self._tell(description, told)

    async def _tell(self, description: dict[str, Any], told: _Told) -> None:
        """Show how far the job is: its state when that changes, and its newest log line now and then."""
        progress = self.kind.progress_of(description)
        if progress != told.progress:
            told.progress = progress
            self.log.info("%s: %s", about(self.ref), progress)
        if self.kind.log_group and time.time() - told.at >= PROGRESS_SECONDS:
            told.at = time.time()
            async with self.aws.open("logs") as logs:
                line = await newest_line(logs, self.kind, self.ref)
            if line and line != told.line:
                told.line = line
                self.log.info("%s | %s", about(self.ref), line)

    async def on_kill(self) -> None:
        """Stop the job: a person killed, cleared or marked the waiting task, or deleted its run."""
        await to_its_end(self._stop_patiently())

    async def _stop_patiently(self) -> None:
        patience = Patience(1.0, bound=STOP_SECONDS)
        while True:
            try:
                async with self.aws.open(self.kind.service) as client:
                    await self._stop(client)
                self.log.info("Stopped %s: its task was killed.", about(self.ref))
                return
            except AwsFailure as failure:
                if not failure.transient or not patience.trouble():
                    self.log.error(
                        "%s could not be stopped and may go on to its time limit: %s", about(self.ref), failure
                    )
                    return
                await asyncio.sleep(patience.pause())

    async def _stop(self, client: Any) -> None:
        if not self.kind.stop:
            self.log.warning("%s goes on by itself: it cannot be stopped halfway.", about(self.ref))
            return
        try:
            await acall(client, self.kind.stop, about(self.ref), **self.kind.stop_params(self.ref))
        except CallRefused:
            description = await acall(client, self.kind.describe, about(self.ref), **self.ref)
            if self.kind.state(description) is State.RUNNING:
                raise


class _Told:
    """What was shown last, so that nothing is shown twice."""

    def __init__(self) -> None:
        self.progress = ""
        self.line = ""
        self.at = time.time()
