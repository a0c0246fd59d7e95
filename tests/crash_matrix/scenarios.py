"""What happens to a task, and what must come of it.

A scenario brings each task to a point (``held`` just before its first call, ``called`` while the reply to that call is
on its way, ``waiting`` while it is deferred and its job runs), does something to it, and says how many jobs there may
be in the end, and which state is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash_matrix.case import Case
    from tests.crash_matrix.world import World

#: Seconds that a job lasts. One that is waited for lasts until all of them have come so far; a long one is over in time
#: only when it is stopped.
SHORT, WAITED_FOR, LONG = 15, 50, 300
GONE = "gone"


@dataclass(frozen=True)
class Scenario:
    """One column of the matrix.

    Attributes:
        name: what happens.
        point: where the task is when it happens.
        created: how many jobs there may be in the end.
        state: how the task must end; ``gone`` when its run is deleted.
        act: does it to one task.
        act_once: does it to everything.
        seconds: how long the job lasts.
        timed: whether the task has a time-out.
        loses_jobs: whether the service itself may lose a job.
    """

    name: str
    point: str
    created: int
    state: str
    act: Callable[[World, Case], None] | None = None
    act_once: Callable[[World], None] | None = None
    seconds: int = SHORT
    timed: bool = False
    loses_jobs: bool = False

    @property
    def stops(self) -> bool:
        """Whether the job is to be stopped."""
        return self.seconds == LONG


def _kill_worker(world: World, case: Case) -> None:
    world.airflow.kill_worker(case.dag, case.run)


SCENARIOS = (
    Scenario("worker killed before the call", "held", 1, "success", act=_kill_worker),
    Scenario("worker killed before the reply", "called", 1, "success", act=_kill_worker),
    Scenario("workers killed while waiting", "waiting", 1, "success", seconds=WAITED_FOR,
             act_once=lambda world: world.kill_workers()),
    Scenario("triggerer killed", "waiting", 1, "success", seconds=WAITED_FOR,
             act_once=lambda world: world.crash("triggerer")),
    Scenario("scheduler restarted", "waiting", 1, "success", seconds=WAITED_FOR,
             act_once=lambda world: world.crash("scheduler")),
    Scenario("local_aws restarted", "waiting", 1, "success", seconds=WAITED_FOR,
             act_once=lambda world: world.crash("local_aws"), loses_jobs=True),
    Scenario("cleared", "waiting", 2, "success", seconds=WAITED_FOR,
             act=lambda world, case: world.airflow.clear(case.dag, case.run)),
    Scenario("marked failed", "waiting", 1, "failed", seconds=LONG,
             act=lambda world, case: world.airflow.mark_failed(case.dag, case.run)),
    Scenario("timed out", "waiting", 1, "failed", seconds=LONG, timed=True),
    Scenario("run deleted", "waiting", 1, GONE, seconds=LONG,
             act=lambda world, case: case.delete_run(world)),
)  # fmt: skip
