"""Everything that goes wrong on purpose, as a tree.

::

    TrainyardError
    ├── InputError               what we were given is wrong; nothing was started
    │   ├── SpecError            a field of a ModelSpec
    │   ├── SettingsError        the Airflow Variable "trainyard"
    │   ├── ParamError           a field of the trigger form
    │   ├── PartitionError       a partition that is malformed, in the future, or unknown
    │   └── ManifestError        a manifest that does not say the truth about its files
    └── AwsFailure               service, call, object, reason, remedy
        ├── CallRefused          the service said no, and will say no again
        ├── CallUnavailable  (t) throttled, 5xx, connection lost, credentials expired
        ├── QuotaExhausted   (t) no capacity or no quota now
        └── JobFailure           a job was started and did not do what it should
            ├── JobFailed    (t) it ended in a failed state; transient when the service's reason says so
            ├── JobStopped       somebody stopped it
            ├── JobTimedOut      it used up its time limit, and was stopped
            ├── JobLost      (t) we lost sight of it; a retry finds it again
            ├── OutputWrong      it says it succeeded, but its output is not whole
            └── RolledBack       an endpoint that serves something else than was asked for

``(t)``: ``transient`` is true, so the task is tried again; every other error fails the task at once, because trying
again would cost money and end the same way.
"""

from __future__ import annotations

from typing import ClassVar


class TrainyardError(Exception):
    """Base of every error that Trainyard raises on purpose."""

    transient: bool = False


class InputError(TrainyardError):
    """What we were given is wrong. Nothing was started, nothing is paid for."""


class SpecError(InputError, ValueError):
    """A field of a model's specification is wrong: seen when the DAG file is parsed."""


class SettingsError(InputError):
    """The Airflow Variable ``trainyard`` is missing, or a field in it is missing or wrong."""


class ParamError(InputError):
    """A field of the trigger form is unknown or out of bounds."""


class PartitionError(InputError):
    """A partition is malformed, lies in the future, or cannot be found."""


class ManifestError(InputError):
    """A manifest is malformed, or does not say the truth about the files it lists."""


class AwsFailure(TrainyardError):
    """A failure at AWS, told so that the person on call need not look anywhere else first.

    Attributes:
        service: botocore's name of the service, e.g. ``sagemaker``.
        call: the operation, e.g. ``CreateTrainingJob``.
        about: the object of the call, e.g. the job's name.
        reason: what the service said.
        remedy: what to do about it.
        request_id: AWS's id of the request, for a support case; empty when there was no reply.
    """

    default_remedy: ClassVar[str] = "Read the reason; the request id identifies the call to AWS Support."

    def __init__(
        self, *, service: str, call: str, about: str, reason: str, remedy: str = "", request_id: str = ""
    ) -> None:
        self.service = service
        self.call = call
        self.about = about
        self.reason = reason.strip() or "the service gave no reason"
        self.remedy = remedy or self.default_remedy
        self.request_id = request_id
        tail = f" (request id {request_id})" if request_id else ""
        super().__init__(f"{service} {call} {about}: {self.reason}{tail}. Remedy: {self.remedy}")


class CallRefused(AwsFailure):
    """The service refused the call: a wrong parameter, a missing permission, an object that is not there."""

    default_remedy = "Correct what the reason names, then clear the task."


class CallUnavailable(AwsFailure):
    """The service could not answer now: throttled, a server error, a lost connection, expired credentials."""

    transient = True
    default_remedy = "The task tries again by itself; if it goes on, look at the service's health and at the account."


class QuotaExhausted(AwsFailure):
    """The account has no quota left, or the service has no capacity of the kind asked for, now."""

    transient = True
    default_remedy = "Wait, ask AWS for a higher quota, or choose another instance type."


class JobFailure(AwsFailure):
    """A job was started and did not do what it should."""

    default_remedy = "Read the job's log above, correct the cause, then clear the task: that starts a new job."


class JobFailed(JobFailure):
    """The job ended in a failed state."""

    def __init__(
        self, *, service: str, call: str, about: str, reason: str, remedy: str = "", transient: bool = False
    ) -> None:
        super().__init__(service=service, call=call, about=about, reason=reason, remedy=remedy)
        self.transient = transient


class JobStopped(JobFailure):
    """The job was stopped by somebody: stopped is not success."""

    default_remedy = "If that was not meant, clear the task: that starts a new job."


class JobTimedOut(JobFailure):
    """The job used up its time limit and was stopped."""

    default_remedy = "Raise the step's time_limit in the ModelSpec if the work really takes that long."


class JobLost(JobFailure):
    """We lost sight of the job: a retry finds it again, running or ended."""

    transient = True
    default_remedy = "The retry looks for the job by its name and goes on waiting for it."


class OutputWrong(JobFailure):
    """The job says it succeeded, but what it left behind is not what it must leave behind."""


class RolledBack(JobFailure):
    """The endpoint is in service with something else than was asked for; what was live before is live still."""

    default_remedy = "Read the endpoint's log for why the new model did not come up; production is unchanged."
