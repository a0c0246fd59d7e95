"""What operators that start work have in common: what cannot be started now is tried again later."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator

from trainyard.errors import QuotaExhausted
from trainyard.triggers.patience import PATIENCE_SECONDS, QUOTA_PATIENCE_SECONDS, Patience
from trainyard.triggers.pause import PauseTrigger

if TYPE_CHECKING:
    from trainyard.aws.runtime import Runtime
    from trainyard.errors import AwsFailure

_FIRST_PAUSE_SECONDS = 2.0


class PatientOperator(BaseOperator):
    """An operator whose first step waits out what passes: throttling and outages for minutes, quota for hours."""

    def deadline(self, runtime: Runtime, time_limit: timedelta, grace: float = 0.0) -> tuple[float, str]:
        """Return when a wait must end, in seconds since 1970, and what says so.

        Airflow 3 applies ``execution_timeout`` to what runs in a worker only, and forgets it while a task is deferred.
        Whoever sets it means the task, so it is kept here.

        Args:
            runtime: the task's surroundings.
            time_limit: the job's own.
            grace: seconds beyond it, for what is before and after the job.
        """
        ends, why = time.time() + time_limit.total_seconds() + grace, f"its time limit of {time_limit}"
        if self.execution_timeout is None:
            return ends, why
        timeout = runtime.ti.start_date.timestamp() + self.execution_timeout.total_seconds()
        return min((ends, why), (timeout, f"the task's execution_timeout of {self.execution_timeout}"))

    def pause(self, runtime: Runtime, failure: AwsFailure, event: dict[str, Any] | None, method: str) -> NoReturn:
        """Defer until the service may have time for us again, or raise the failure.

        Args:
            runtime: the task's surroundings.
            failure: what happened.
            event: that of the last pause, if this is not the first.
            method: what to try again.
        """
        if not failure.transient:
            raise failure
        bound = QUOTA_PATIENCE_SECONDS if isinstance(failure, QuotaExhausted) else PATIENCE_SECONDS
        patience = Patience(_FIRST_PAUSE_SECONDS, bound)
        if event and "since" in event:
            patience.since, patience.times = event["since"], event["times"]
        ends, _ = self.deadline(runtime, timedelta(seconds=bound))
        if not patience.trouble() or time.time() >= ends:
            raise failure
        seconds = min(patience.pause(), ends - time.time())
        self.log.warning("%s Trying again in %.0f s.", failure, seconds)
        carry = {"since": patience.since, "times": patience.times}
        self.defer(trigger=PauseTrigger(until=time.time() + seconds, carry=carry), method_name=method)
