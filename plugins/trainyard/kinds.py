"""Waiting is data: for each kind of job, the calls of its service and the words that they use for the same ideas.

One operator and one trigger serve them all. ``succeeded`` is an allow-list: a state that is in no list is not success;
it is waited out within the time limit, so that a new transitional state of a service does not kill a healthy job.

A *ref* is what identifies a job to its ``describe`` and ``stop`` calls: a small dict of texts, the same in worker and
triggerer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Any

from trainyard.names import LIMIT

Path = tuple[str, ...]
Ref = dict[str, str]
Request = dict[str, Any]
INPUTS_VARIABLE = "TRAINYARD_INPUTS"


class State(Enum):
    """What a job's status means."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class JobKind:
    """What every kind of job has.

    Attributes:
        key: the kind's own name, kept in triggers.
        service: botocore's name of the service.
        create, describe, stop: boto3's methods.
        status: where the status stands in a description.
        running, succeeded, failed, stopped: what the statuses mean.
        reason: where the reason of a failure stands; the first that is there.
        progress: where a description says how far the job is.
        log_group: the CloudWatch log group; its streams begin with the job's name.
        limit: how long a name may be.
        console: the job's page in the AWS console, with the ref's keys in braces.
    """

    key: str
    service: str
    create: str
    describe: str
    stop: str
    status: Path
    running: frozenset[str]
    succeeded: frozenset[str]
    failed: frozenset[str]
    stopped: frozenset[str] = frozenset()
    reason: tuple[Path, ...] = ()
    progress: tuple[Path, ...] = ()
    log_group: str = ""
    limit: int = LIMIT
    console: str = ""

    def state(self, description: Mapping[str, Any]) -> State:
        """Say what a description's status means."""
        status = self.status_of(description)
        for state, words in (
            (State.SUCCEEDED, self.succeeded),
            (State.FAILED, self.failed),
            (State.STOPPED, self.stopped),
            (State.RUNNING, self.running),
        ):
            if status in words:
                return state
        return State.UNKNOWN

    def status_of(self, description: Mapping[str, Any]) -> str:
        """Return the service's own word for the state."""
        return str(dig(description, self.status) or "")

    def reason_of(self, description: Mapping[str, Any]) -> str:
        """Return why the job ended as it did, in the service's own words."""
        texts = [str(found) for path in self.reason if (found := dig(description, path))]
        return " ".join(texts) or f"it ended as {self.status_of(description)}, without a reason"

    def progress_of(self, description: Mapping[str, Any]) -> str:
        """Return one line that says how far the job is."""
        parts = [self.status_of(description)]
        for path in self.progress:
            found = dig(description, path)
            if isinstance(found, Mapping):
                parts += [f"{name} {count}" for name, count in found.items() if count]
            elif found:
                parts.append(str(found))
        return ", ".join(parts)

    def stop_params(self, ref: Ref) -> Request:
        """Return the parameters of the stop call."""
        return dict(ref)


@dataclass(frozen=True)
class NamedKind(JobKind):
    """A job that is known by a name of ours: nothing must be looked up to find it again.

    Attributes:
        name_key: the parameter that holds the name.
        environment: where the request holds the container's variables. The fingerprint of the request is put there, so
            that ``describe`` tells which inputs a job was made from.
    """

    name_key: str = ""
    environment: Path = ()

    def create_params(self, request: Request, name: str) -> Request:
        """Return the parameters of the create call: the request with the name and its fingerprint."""
        marked: Request = json.loads(json.dumps(request))
        holder = marked
        for key in self.environment:
            holder = holder.setdefault(key, {})
        holder[INPUTS_VARIABLE] = fingerprint(request)
        return marked | {self.name_key: name}

    def has_inputs(self, description: Mapping[str, Any], request: Request) -> bool:
        """Say whether a job that exists was made from this request."""
        return bool(dig(description, (*self.environment, INPUTS_VARIABLE)) == fingerprint(request))

    def ref(self, name: str) -> Ref:
        """Return what identifies the job."""
        return {self.name_key: name}


@dataclass(frozen=True)
class ListedKind(JobKind):
    """A job whose id the service makes up: it is found again by its name, which we choose, in a list.

    The list is asked for only before a job is created for the second time, or where the service knows no token that
    makes the create call safe to repeat (``has_token`` is false).

    Attributes:
        lists: boto3's method that lists jobs; it has a paginator.
        items: where the list stands in its reply.
        name_key: an item's key that holds the name.
        list_params: request and name to the parameters of the list call.
        created: request and name to the parameters of the create call.
        ref_of: request and the reply to the create call, or an item of the list, to the ref.
        stop_shape: ref to the parameters of the stop call.
        joint: what stands in a name between the job's name and its fingerprint.
        has_token: whether repeating the create call returns the first one's job.
        outlives: whether what has succeeded goes on costing, until somebody ends it: a cluster that is ready.
        ref_by_name: request and name to the ref, where the service makes its id of the name: no list is asked for then.
    """

    lists: str = ""
    items: str = ""
    name_key: str = "Name"
    list_params: Callable[[Request, str], Request] = field(default=lambda _request, _name: {})
    created: Callable[[Request, str], Request] = field(default=lambda request, _name: request)
    ref_of: Callable[[Request, Mapping[str, Any]], Ref] = field(default=lambda _request, _reply: {})
    stop_shape: Callable[[Ref], Request] = dict
    joint: str = "."
    has_token: bool = False
    outlives: bool = False
    ref_by_name: Callable[[Request, str], Ref] | None = None

    def full_name(self, request: Request, name: str) -> str:
        """Return the name that the job gets: it holds the fingerprint, so a job of other inputs has another name."""
        return f"{name}{self.joint}{fingerprint(request)[:8]}"

    def stop_params(self, ref: Ref) -> Request:
        """Return the parameters of the stop call."""
        return self.stop_shape(ref)


def fingerprint(request: Request) -> str:
    """Return a checksum of a request: equal checksums mean equal work."""
    return sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]


def dig(value: Any, path: Path) -> Any:
    """Return what stands at a path in nested dicts, or None."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
