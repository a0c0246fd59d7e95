"""What operators that start work have in common: what cannot be started now is tried again later."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator

from trainyard.errors import QuotaExhausted
from trainyard.triggers.patience import PATIENCE_SECONDS, QUOTA_PATIENCE_SECONDS, Patience
from trainyard.triggers.pause import PauseTrigger

if TYPE_CHECKING:
    from trainyard.errors import AwsFailure

_FIRST_PAUSE_SECONDS = 2.0


class PatientOperator(BaseOperator):
    """An operator whose first step waits out what passes: throttling and outages for minutes, quota for hours."""

    def pause(self, failure: AwsFailure, event: dict[str, Any] | None, method: str) -> NoReturn:
        """Defer until the service may have time for us again, or raise the failure.

        Args:
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
        if not patience.trouble():
            raise failure
        seconds = patience.pause()
        self.log.warning("%s Trying again in %.0f s.", failure, seconds)
        carry = {"since": patience.since, "times": patience.times}
        self.defer(trigger=PauseTrigger(until=time.time() + seconds, carry=carry), method_name=method)
