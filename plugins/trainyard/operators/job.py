"""Run one job at AWS to its end without holding a worker, and pay for it once.

``claim`` finds or creates the job; the trigger waits; ``finish`` looks at the job once more. Success is the service's
own allow-listed state *and* what the step finds when it checks the output. Killed in the worker or in the triggerer,
timed out there, or out of sight: what was started is stopped.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

from trainyard.aws.calls import Absent
from trainyard.aws.jobs import Jobs, about
from trainyard.aws.logs import tail, where
from trainyard.aws.runtime import Runtime
from trainyard.aws.skips import skip
from trainyard.errors import (
    AwsFailure,
    CallRefused,
    JobLost,
    JobTimedOut,
    ManifestError,
    OutputWrong,
)
from trainyard.kinds import State
from trainyard.operators.base import PatientOperator
from trainyard.operators.claim import Claimer
from trainyard.operators.links import JOB, ConsoleLink, LogLink, links
from trainyard.operators.outcome import require_success, said
from trainyard.triggers.job import JobTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow.sdk import Context

    from trainyard.job import Job
    from trainyard.kinds import JobKind, Ref, Request
    from trainyard.operators.claim import Claim
    from trainyard.run import Run
    from trainyard.spec import ModelSpec

GRACE_SECONDS = 1800.0  # beyond the job's own limit: waiting for machines, downloading, uploading
LOG_LINES = 25


@dataclass(frozen=True)
class Ended:
    """A job that succeeded, for the step that checks its output and says what came of it."""

    job: Job
    ref: Ref
    description: dict[str, Any]
    runtime: Runtime


class JobOperator(PatientOperator):
    """Run one job of any kind.

    Args:
        kind: the family of calls that runs it.
        spec: the model.
        request: makes the create call's parameters from the job; must give the same for the same job.
        result: checks the output of a job that succeeded and returns what the task returns: small JSON.
        time_limit: the time after which the job is stopped; the service's own limit when it has one.
        inputs: what earlier steps returned, by name. (templated)
        before: done before the job is created, e.g. the model that a transform job needs. Must bear repetition.
        skip: says why this run needs no such job; empty means that it does.
        done: names a job that has done this very work already, e.g. the best trial of a search; None: there is none.
    """

    operator_extra_links = (ConsoleLink(), LogLink())
    template_fields: Sequence[str] = ("inputs",)
    template_fields_renderers = {"inputs": "json"}  # noqa: RUF012 - Airflow declares it as a plain dict

    def __init__(
        self,
        *,
        kind: JobKind,
        spec: ModelSpec,
        request: Callable[[Job, Runtime], Request],
        result: Callable[[Ended], dict[str, Any]],
        time_limit: timedelta,
        inputs: dict[str, Any] | None = None,
        before: Callable[[Job, Runtime], None] | None = None,
        skip: Callable[[Run, dict[str, Any]], str] | None = None,
        done: Callable[[Job], Ref | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.spec = spec
        self.request = request
        self.result = result
        self.time_limit = time_limit
        self.inputs = inputs or {}
        self.before = before
        self.skip = skip
        self.done = done
        self._claimer: Claimer | None = None

    def execute(self, context: Context) -> Any:
        """Find or start the job, then wait for it in the triggerer."""
        return self.start(context)

    def start(self, context: Context, event: dict[str, Any] | None = None) -> Any:
        """Find or start the job; what cannot be done now is tried again later, within bounds.

        Args:
            context: Airflow's.
            event: after a pause; tells since when and how often it could not be done.
        """
        runtime = Runtime(context)
        run = self.run_of(runtime)
        if self.skip and (reason := self.skip(run, self.inputs)):
            skip(runtime, reason)
        if self.done and (ref := self.done(self._job(runtime, run, 0))):
            self.log.info("%s has done this work: it is not paid for twice.", about(ref))
            self._remember(runtime, ref)
            return self.finish(context, {"outcome": "ended", "replacement": 0, "ref": ref})
        self._claimer = Claimer(self.kind, runtime, lambda n: self._job(runtime, run, n), self.request, self.before)
        try:
            claim = self._claimer.claim()
        except AwsFailure as failure:
            self.pause(runtime, failure, event, "start")
        self._remember(runtime, claim.ref)
        if claim.description is not None and self.kind.state(claim.description) is State.SUCCEEDED:
            return self.finish(context, {"outcome": "ended", "replacement": claim.replacement, "ref": claim.ref})
        self._wait(runtime, claim)

    def finish(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Say how the job ended: look at it once more, check its output, return what came of it."""
        runtime = Runtime(context)
        jobs, ref = Jobs(self.kind, runtime.aws), event["ref"]
        if event["outcome"] == "unreachable":
            if event["transient"]:
                raise JobLost(**said(self.kind, ref), reason=event["reason"])
            with suppress(AwsFailure):  # what refuses to tell may refuse to stop, too
                jobs.stop(ref)
            raise CallRefused(**said(self.kind, ref), reason=event["reason"])
        for line in tail(runtime.aws, self.kind, ref, LOG_LINES):
            self.log.info("%s | %s", about(ref), line)
        if event["outcome"] == "timed_out":
            raise JobTimedOut(
                **said(self.kind, ref), reason=f"it used up {event.get('limit', 'its time limit')} and was stopped"
            )
        description = jobs.describe(ref)
        require_success(self.kind, ref, description)
        try:
            job = self._job(runtime, self.run_of(runtime), event["replacement"])
            return self.result(Ended(job=job, ref=ref, description=description, runtime=runtime))
        except (ManifestError, Absent) as error:
            raise OutputWrong(**said(self.kind, ref), reason=f"it succeeded, but {error}") from error

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the wait; a wait that broke off must not leave the job running unwatched."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralTimeout, TaskDeferralError) as error:
            runtime = Runtime(context)
            found = runtime.ti.xcom_pull(task_ids=self.task_id, key=JOB, map_indexes=runtime.ti.map_index)
            ref: Ref = dict(found["ref"]) if found else {}
            last_try = runtime.ti.try_number > runtime.ti.max_tries
            if ref and (last_try or isinstance(error, TaskDeferralTimeout)):
                Jobs(self.kind, runtime.aws).stop(ref)
                reason = f"nobody could wait for it any more ({error}); it was stopped"
                raise JobTimedOut(**said(self.kind, ref), reason=reason) from error
            raise JobLost(**said(self.kind, ref), reason=f"the triggerer lost it: {error}") from error

    def on_kill(self) -> None:
        """Stop the job when the task is killed in the worker; while the task waits, the trigger does it."""
        if self._claimer:
            self._claimer.stop()

    def run_of(self, runtime: Runtime) -> Run:
        """Return what the job is about: what the DAG's run is about, unless an operator knows better."""
        return runtime.run()

    def _job(self, runtime: Runtime, run: Run, replacement: int) -> Job:
        return runtime.job(self.spec, run, self.inputs, replacement=replacement, limit=self.kind.limit)

    def _wait(self, runtime: Runtime, claim: Claim) -> NoReturn:
        """Hand the wait to the triggerer, which keeps the deadline; Airflow's own timeout is the net under it."""
        deadline, limit = self.deadline(runtime, self.time_limit, GRACE_SECONDS)
        trigger = JobTrigger(
            kind=self.kind.key,
            ref=claim.ref,
            region=runtime.aws.region,
            connection=runtime.aws.connection,
            poll_seconds=runtime.settings.poll_seconds,
            deadline=deadline,
            carry={"replacement": claim.replacement, "limit": limit},
        )
        net = timedelta(seconds=max(0.0, deadline - time.time()) + GRACE_SECONDS)
        self.defer(trigger=trigger, method_name="finish", timeout=net)

    def _remember(self, runtime: Runtime, ref: Ref) -> None:
        """Keep what identifies the job where a broken-off wait, and a person, can find it."""
        told = {"kind": self.kind.key, "ref": ref, "region": runtime.aws.region, "log": where(self.kind, ref)}
        runtime.ti.xcom_push(key=JOB, value=told)
        for key, address in links(told):
            runtime.ti.xcom_push(key=key, value=address)
