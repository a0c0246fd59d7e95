"""How a job ended, told as an error that says what to do, or not told at all because it succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.aws.jobs import about
from trainyard.aws.logs import where
from trainyard.errors import JobFailed, JobStopped, JobTimedOut
from trainyard.faults import is_transient_reason
from trainyard.kinds import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.kinds import JobKind, Ref


def said(kind: JobKind, ref: Ref) -> dict[str, str]:
    """Return what every failure of a job says: the service, the call and the object."""
    return {"service": kind.service, "call": kind.create, "about": about(ref)}


def require_success(kind: JobKind, ref: Ref, description: Mapping[str, Any]) -> None:
    """Raise unless the job's state is one that means success.

    Raises:
        JobStopped: when somebody stopped it.
        JobTimedOut: when the service stopped it at its time limit.
        JobFailed: in every other state.
    """
    state = kind.state(description)
    if state is State.SUCCEEDED:
        return
    reason = kind.reason_of(description)
    if state is State.STOPPED:
        if "MaxRuntimeExceeded" in kind.progress_of(description):
            raise JobTimedOut(**said(kind, ref), reason="the service stopped it at its time limit")
        raise JobStopped(**said(kind, ref), reason=f"it was stopped: {reason}")
    log = where(kind, ref)
    remedy = JobFailed.default_remedy + (f" The whole log: {log}." if log else "")
    raise JobFailed(**said(kind, ref), reason=reason, remedy=remedy, transient=is_transient_reason(reason))
