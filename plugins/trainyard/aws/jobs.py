"""Jobs of any kind, from a worker: find, create, describe, stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call, listed
from trainyard.errors import CallRefused
from trainyard.kinds import JobKind, ListedKind, NamedKind, Ref, Request, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainyard.aws.clients import Aws
    from trainyard.names import Identity


class Jobs:
    """The jobs of one kind."""

    def __init__(self, kind: JobKind, aws: Aws) -> None:
        self.kind = kind
        # Without a token, a call that botocore sends twice could start two jobs: such a call is sent once, and when its
        # reply is lost, the job is looked for in the list before it is asked for again.
        unsafe = isinstance(kind, ListedKind) and not kind.has_token
        self.client = aws.client(kind.service, attempts=1 if unsafe else 5)
        self.patient = aws.client(kind.service)

    @property
    def must_look_first(self) -> bool:
        """Whether even a first create must look for a job first: only then is repeating it safe."""
        return isinstance(self.kind, ListedKind) and not self.kind.has_token

    def find(self, name: str, request: Request) -> Ref | None:
        """Return the job of that name, whatever its state, or None.

        Args:
            name: the job's name.
            request: what it would be made from. A listed job's name holds its fingerprint; see ``same_inputs``.
        """
        if isinstance(self.kind, NamedKind):
            return self._there(self.kind.ref(name))
        if not isinstance(self.kind, ListedKind):
            return None
        full = self.kind.full_name(request, name)
        if self.kind.ref_by_name:
            return self._there(self.kind.ref_by_name(request, full))
        return self._find_listed(self.kind, full, request)

    def _there(self, ref: Ref) -> Ref | None:
        try:
            self.describe(ref)
        except Absent:
            return None
        return ref

    def stop_former(self, identity: Identity, request: Request) -> None:
        """Stop what earlier generations of a task have left running, where success is something that goes on costing.

        A trigger that finds its cluster ready in the very second in which its task is cleared has nobody to tell.
        """
        kind = self.kind
        if not isinstance(kind, ListedKind) or not kind.outlives or identity.generation == 1:
            return
        for item in self._listed(kind, identity.digest, request):
            found = re.search(rf"-{identity.digest}-(\d+)", str(item.get(kind.name_key, "")))
            if found and int(found[1]) < identity.generation:
                self.stop(kind.ref_of(request, item))

    def _find_listed(self, kind: ListedKind, name: str, request: Request) -> Ref | None:
        for item in self._listed(kind, name, request):
            if item.get(kind.name_key) == name:
                return kind.ref_of(request, item)
        return None

    def _listed(self, kind: ListedKind, name: str, request: Request) -> Iterator[dict[str, Any]]:
        return listed(self.patient, kind.lists, kind.items, name, **kind.list_params(request, name))

    def create(self, name: str, request: Request) -> Ref:
        """Create the job.

        Raises:
            Exists: when a job of that name is there already.
            AwsFailure: otherwise as ``call`` says.
        """
        if isinstance(self.kind, NamedKind):
            call(self.client, self.kind.create, name, **self.kind.create_params(request, name))
            return self.kind.ref(name)
        if not isinstance(self.kind, ListedKind):
            raise TypeError(f"Jobs of kind {self.kind.key} are not created here.")
        full = self.kind.full_name(request, name)
        reply = call(self.client, self.kind.create, full, **self.kind.created(request, full))
        return self.kind.ref_of(request, reply)

    def describe(self, ref: Ref) -> dict[str, Any]:
        """Describe the job.

        Raises:
            Absent: when it is not there.
        """
        return call(self.patient, self.kind.describe, about(ref), **ref)

    def same_inputs(self, description: dict[str, Any], request: Request) -> bool:
        """Say whether a job that exists was made from this request."""
        return self.kind.has_inputs(description, request) if isinstance(self.kind, NamedKind) else True

    def stop(self, ref: Ref) -> None:
        """Stop the job. One that has ended, or is not there, needs no stopping, and the services refuse to."""
        if not self.kind.stop:
            return
        try:
            call(self.patient, self.kind.stop, about(ref), **self.kind.stop_params(ref))
        except Absent:
            return
        except CallRefused:
            if self.kind.state(self.describe(ref)) in (State.RUNNING, State.UNKNOWN):
                raise


def about(ref: Ref) -> str:
    """Return what identifies a job, for a message."""
    return "/".join(ref.values())
