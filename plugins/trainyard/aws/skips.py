"""A task that skips itself says why, in its log and to the task that notes how the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import AirflowSkipException

from trainyard.outcomes import SAID

if TYPE_CHECKING:
    from trainyard.aws.runtime import Runtime


def skip(runtime: Runtime, reason: str, outcome: str = "skipped", **facts: Any) -> NoReturn:
    """End the task as skipped.

    Args:
        runtime: the task's surroundings.
        reason: why, for a person.
        outcome: what that makes of the run; see ``outcomes``.
        facts: what else whoever reads it should know. Plain JSON.

    Raises:
        AirflowSkipException: always.
    """
    runtime.ti.xcom_push(key=SAID, value={"outcome": outcome, "reason": reason} | facts)
    raise AirflowSkipException(reason)
