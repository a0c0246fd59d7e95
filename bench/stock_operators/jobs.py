"""Jobs: made twice, left running, given up too early, called done when stopped, asked for for ever."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from unittest import mock

from bench.stock_operators.driver import go_on, kill_while_waiting, kill_worker, start
from bench.stock_operators.lines import Line, Seen
from bench.stock_operators.spec import jobs_of, our_job, stock_job, stop_all
from bench.support.local import until
from trainyard.triggers import job as job_trigger
from trainyard.triggers.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.stock_operators.account import Account
    from bench.stock_operators.driver import TaskInstance


def lost_worker(make: Callable[[Account, int], TaskInstance], account: Account) -> Seen:
    """The worker dies after its call took effect and before the reply came; the task is tried again."""
    ti = make(account, 20)
    with account.admin.fault("delay", service="sagemaker", operation="CreateProcessingJob", seconds=30, when="after"):
        kill_worker(ti, lambda: bool(jobs_of(account, ti)))
    ti.try_number = 2
    go_on(ti, start(ti), 60)
    made = len(jobs_of(account, ti))
    stop_all(account, ti)
    return Seen(f"{made} job{'s' if made > 1 else ''} paid for", made == 1)


def killed(make: Callable[[Account, int], TaskInstance], account: Account) -> Seen:
    """A person marks the task as failed while it is deferred."""
    ti = make(account, 120)
    kill_while_waiting(start(ti))
    try:
        until(lambda: "InProgress" not in jobs_of(account, ti).values(), 10)
    except TimeoutError:
        stop_all(account, ti)
        return Seen("job runs on, ten seconds after the kill", False)
    return Seen(f"job is {next(iter(jobs_of(account, ti).values()))}", True)


def budget(make: Callable[[Account, int], TaskInstance], account: Account) -> Seen:
    """The job takes longer than 60 looks: half an hour with the stock default of 30 s, a minute with 1 s here."""
    ti = make(account, 75)
    try:
        go_on(ti, start(ti), 180)
    except Exception as error:  # whatever a task raises is how it ends
        (status,) = jobs_of(account, ti).values()
        stop_all(account, ti)
        return Seen(f"task failed ({type(error).__name__}) while the job was {status}", False)
    (status,) = jobs_of(account, ti).values()
    return Seen(f"task succeeded, job {status}", status == "Completed")


def stopped(make: Callable[[Account, int], TaskInstance], account: Account) -> Seen:
    """Somebody stops the job at the service while the task waits for it: in its worker, if it is not deferrable."""
    ti = make(account, 120)
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(lambda: go_on(ti, start(ti), 60))
        until(lambda: "InProgress" in jobs_of(account, ti).values())
        stop_all(account, ti)
        try:
            waiting.result()
        except Exception as error:  # as above
            return Seen(f"task failed: {type(error).__name__}", True)
    (status,) = jobs_of(account, ti).values()
    return Seen(f"task succeeded, job {status}", False)


def throttled(make: Callable[[Account, int], TaskInstance], account: Account) -> Seen:
    """Every look is throttled, for ever. The stock budget is 5 looks of 1 s here, ours a patience of 10 s."""
    ti = make(account, 120)
    deferral = start(ti)
    began = time.monotonic()
    with (
        account.admin.fault("throttle", service="sagemaker", operation="Describe*"),
        mock.patch.object(job_trigger, "Patience", partial(Patience, bound=10.0)),
    ):
        try:
            go_on(ti, deferral, 60)
        except TimeoutError:
            seen = Seen("still asking after 60 s, twelve times its budget", False)
        except Exception as error:  # as above
            seen = Seen(f"task gave up after {time.monotonic() - began:.0f} s: {type(error).__name__}", True)
        else:
            seen = Seen("task succeeded without ever having seen its job", False)
    stop_all(account, ti)
    return seen


def _in_its_worker(account: Account, seconds: int) -> TaskInstance:
    """The stock operator as it is by default: not deferrable."""
    return stock_job(account, seconds, deferrable=False)


def _five_looks(account: Account, seconds: int) -> TaskInstance:
    return stock_job(account, seconds, max_attempts=5)


LINES = (
    Line(1, "the worker dies between the call and its reply; the task is retried",
         partial(lost_worker, stock_job), partial(lost_worker, our_job)),
    Line(2, "the task is killed while it waits", partial(killed, stock_job), partial(killed, our_job)),
    Line(4, "the job takes longer than 60 looks (30 minutes by default)",
         partial(budget, stock_job), partial(budget, our_job)),
    Line(8, "somebody stops the job", partial(stopped, _in_its_worker), partial(stopped, our_job)),
    Line(9, "every look is throttled, for ever", partial(throttled, _five_looks), partial(throttled, our_job)),
)  # fmt: skip
