"""Each state met before, during and after the wait, and what became of the task."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.state_matrix.work import KINDS, OPERATIONS, SHAPES, Work
from tests.unit.trainyard.aws_models import service
from trainyard.aws.jobs import Jobs
from trainyard.errors import AwsFailure
from trainyard.kinds import State
from trainyard.operators.outcome import require_success
from trainyard.triggers.job import JobTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_aws.testing import LocalAwsAdmin
    from tests.unit.trainyard.account import Account
    from trainyard.kinds import JobKind, Ref

UNKNOWN = "SomethingNew"
GREEN, WAITS = "green", "waits"
_LOOKS = 3  # of a trigger, before it is taken for one that waits


@dataclass(frozen=True)
class Row:
    """One state of one kind, and what the library makes of it."""

    kind: JobKind
    state: str
    before: str
    during: str
    after: str

    @property
    def wrong(self) -> str:
        """Empty when only the allow-list is green, and all of it."""
        wanted = self.state in self.kind.succeeded
        met = (("before", self.before), ("during", self.during), ("after", self.after))
        return ", ".join(name for name, outcome in met if (outcome == GREEN) is not wanted)


def states(key: str) -> list[str]:
    """Every state that the service's own model lists, and one that it does not."""
    kind = KINDS[key]
    documented = set(service(kind.service).shape_for(SHAPES[key]).enum) - {"ALL"}  # a filter of the list call
    return [*sorted(documented), UNKNOWN]


def rows(key: str, account: Account, admin: LocalAwsAdmin, inputs: dict[str, Any] | None = None) -> Iterator[Row]:
    """Run the jobs of one kind and meet every state.

    :param inputs: what the kind's request reads of earlier steps: of a step, its cluster.
    """
    kind, work = KINDS[key], Work(account, key, inputs or {})
    for number, state in enumerate(states(key)):
        ref = work.claim(number, retry=0).ref
        _wait_for_end(kind, account, ref)
        told = {".".join(kind.status): state}
        with admin.fault("reply", operation=OPERATIONS[key], match=_named(ref), set=told):
            yield Row(
                kind,
                state,
                before=_before(kind, lambda number=number: work.claim(number, retry=1), ref),  # type: ignore[misc]
                during=_during(kind, account, admin, ref),
                after=_after(kind, account, ref),
            )


def _before(kind: JobKind, claim: Callable[[], Any], ref: Ref) -> str:
    found = claim()
    if found.ref != ref:
        return "a new job"
    return GREEN if kind.state(found.description or {}) is State.SUCCEEDED else WAITS


def _during(kind: JobKind, account: Account, admin: LocalAwsAdmin, ref: Ref) -> str:
    trigger = JobTrigger(kind=kind.key, ref=ref, region="us-east-1", poll_seconds=0.05, deadline=time.time() + 600)
    action = f"{kind.service}:{OPERATIONS[kind.key]}"
    seen = admin.calls()[action]

    async def fired() -> bool:
        async def first() -> Any:
            return await anext(aiter(trigger.run()))

        waiting = asyncio.create_task(first())
        while not waiting.done() and admin.calls()[action] <= seen + _LOOKS:
            await asyncio.sleep(0.05)
        if not waiting.done():
            waiting.cancel()
            return False
        assert waiting.result().payload["outcome"] == "ended", waiting.result().payload
        return True

    return _after(kind, account, ref) if asyncio.run(fired()) else WAITS


def _jobs(kind: JobKind, account: Account) -> Jobs:
    return Jobs(kind, account.aws)  # type: ignore[arg-type]  # clients that count, with all that Jobs asks for


def _after(kind: JobKind, account: Account, ref: Ref) -> str:
    try:
        require_success(kind, ref, _jobs(kind, account).describe(ref))
    except AwsFailure as failure:
        return type(failure).__name__
    return GREEN


def _wait_for_end(kind: JobKind, account: Account, ref: Ref) -> None:
    jobs, deadline = _jobs(kind, account), time.monotonic() + 120
    while kind.state(jobs.describe(ref)) in (State.RUNNING, State.UNKNOWN):
        assert time.monotonic() < deadline, f"{ref} does not end"
        time.sleep(0.05)


def _named(ref: Ref) -> dict[str, str]:
    return {name: f"^{value}$" for name, value in ref.items()}
