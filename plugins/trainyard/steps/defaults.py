"""What every task has, said once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

from trainyard.errors import TrainyardError

if TYPE_CHECKING:
    from airflow.sdk import Context


class RetryWhatPasses(RetryPolicy):
    """Try again only what may pass by itself.

    A retry costs minutes, and sometimes a job: a wrong parameter, a failing script or a missing permission fails at
    once, where the person who can correct it sees it. A worker that dies asks no policy, and is retried.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide from what the error says about itself."""
        del try_number, max_tries, context
        if isinstance(exception, TrainyardError):
            if exception.transient:
                return RetryDecision.retry(reason=f"{type(exception).__name__} may pass by itself")
            return RetryDecision.fail(reason=f"{type(exception).__name__} would end the same way again")
        if isinstance(exception, TypeError | ValueError | LookupError | AttributeError | AssertionError):
            return RetryDecision.fail(reason=f"{type(exception).__name__} is a defect, not bad luck")
        return RetryDecision.default()


DEFAULTS: dict[str, Any] = {
    "owner": "ml",
    "retries": 3,  # what passes, and Airflow's own races with triggers that fire quickly
    "retry_delay": timedelta(seconds=10),
    "max_retry_delay": timedelta(minutes=10),
    "retry_exponential_backoff": True,
    "retry_policy": RetryWhatPasses(),
}
