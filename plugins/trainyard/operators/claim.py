"""Find the job that a task stands for, or create it: nothing is paid for twice.

The name is known before the job is created (see ``names``). A first try creates the job at once; when the name is
taken, a lost reply or a lost worker has been here, and the job is adopted. A retry looks first. A job that failed, was
stopped, or was made from other inputs is never adopted: the next name is taken, so a failed job costs one describe call
more, and no list is ever asked for where names are ours (SageMaker).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Exists
from trainyard.aws.jobs import Jobs
from trainyard.errors import CallRefused
from trainyard.kinds import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import JobKind, Ref, Request

log = logging.getLogger(__name__)

MOST_REPLACEMENTS = 50  # a task with that many given-up jobs is not retried, it is broken


@dataclass(frozen=True)
class Claim:
    """The job that a task stands for.

    Attributes:
        job: what it was asked for.
        replacement: which of its generation's jobs it is.
        ref: what identifies it.
        description: what the service says about it, when it was adopted; None when it was created just now.
    """

    job: Job
    replacement: int
    ref: Ref
    description: dict[str, Any] | None = None


class Claimer:
    """Claims one task's job.

    Args:
        kind: the family of calls that runs it.
        runtime: the task's surroundings.
        make_job: which job to ask for, by the number of jobs that were given up before.
        request: makes the create call's parameters.
        before: done once before a job is created.
    """

    def __init__(
        self,
        kind: JobKind,
        runtime: Runtime,
        make_job: Callable[[int], Job],
        request: Callable[[Job, Runtime], Request],
        before: Callable[[Job, Runtime], None] | None,
    ) -> None:
        self.kind = kind
        self.jobs = Jobs(kind, runtime.aws)
        self.runtime = runtime
        self.make_job = make_job
        self.request = request
        self.before = before
        self.stop: Callable[[], None] = lambda: None  # stops what this claimer has started or found so far

    def claim(self) -> Claim:
        """Return the job of this generation: adopted when one is running or succeeded, else created.

        Raises:
            AwsFailure: as the calls say.
        """
        retry = self.runtime.identity.retry
        self.jobs.stop_former(self.runtime.identity, self.request(self.make_job(0), self.runtime))
        for replacement in range(MOST_REPLACEMENTS):
            job = self.make_job(replacement)
            request = self.request(job, self.runtime)
            look_first = retry > 0 or replacement > 0 or self.jobs.must_look_first
            ref = self.jobs.find(job.name, request) if look_first else None
            if ref is None:
                try:
                    return Claim(job, replacement, self._create(job, request))
                except Exists:
                    ref = self.jobs.find(job.name, request)
            if ref is None:
                continue
            self.stop = partial(self.jobs.stop, ref)
            description = self.jobs.describe(ref)
            if self._adopts(job.name, description, request):
                return Claim(job, replacement, ref, description)
        raise CallRefused(service=self.kind.service, call=self.kind.create, about=self.make_job(0).name,
                          reason=f"{MOST_REPLACEMENTS} jobs of this task were given up already")  # fmt: skip

    def _create(self, job: Job, request: Request) -> Ref:
        if self.before:
            self.before(job, self.runtime)
        self.stop = partial(self._stop_by_name, job.name, request)
        ref = self.jobs.create(job.name, request)
        self.stop = partial(self.jobs.stop, ref)
        log.info("Started %s.", job.name)
        return ref

    def _stop_by_name(self, name: str, request: Request) -> None:
        """Stop a job whose create call was under way when the task was killed."""
        if ref := self.jobs.find(name, request):
            self.jobs.stop(ref)

    def _adopts(self, name: str, description: dict[str, Any], request: Request) -> bool:
        """Say whether a job that is there already is this task's work, running or done."""
        state, word = self.kind.state(description), self.kind.status_of(description)
        if not self.jobs.same_inputs(description, request):
            log.warning("%s was made from other inputs: not adopted.", name)
            if state in (State.RUNNING, State.UNKNOWN):
                self.stop()
            return False
        if state in (State.FAILED, State.STOPPED):
            log.info("%s is %s: not adopted.", name, word)
            return False
        log.info("Adopted %s, which is %s: it is not paid for twice.", name, word)
        return True
