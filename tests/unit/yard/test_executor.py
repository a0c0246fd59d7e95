"""The late report of a task that has been resumed must not be taken for the end of it."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from airflow.executors.local_executor import LocalExecutor
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.utils.state import TaskInstanceState

from yard import executor as executors
from yard.executor import QueueLocked, ResumingLocalExecutor

KEY = TaskInstanceKey(dag_id="recommender", task_id="train", run_id="yard__1", try_number=1)
OTHER = KEY._replace(task_id="score")


@dataclass(frozen=True)
class Workload:
    key: TaskInstanceKey


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> ResumingLocalExecutor:
    monkeypatch.setattr(LocalExecutor, "_process_workloads", lambda self, workloads: None)  # no workers in this test
    return ResumingLocalExecutor(parallelism=2)


def hand_out(executor: ResumingLocalExecutor, *keys: TaskInstanceKey) -> None:
    executor.running.update(keys)
    executor._process_workloads([Workload(key) for key in keys])


def reported(executor: ResumingLocalExecutor) -> dict[Any, str]:
    return {key: str(state) for key, (state, _) in executor.get_event_buffer().items()}


def test_the_end_of_a_task_is_reported(executor: ResumingLocalExecutor) -> None:
    hand_out(executor, KEY, OTHER)
    executor.change_state(KEY, TaskInstanceState.SUCCESS)
    executor.change_state(OTHER, TaskInstanceState.FAILED)
    assert reported(executor) == {KEY: "success", OTHER: "failed"}
    assert not executor.running


def test_the_late_report_of_a_resumed_task_is_not(executor: ResumingLocalExecutor) -> None:
    hand_out(executor, KEY)
    hand_out(executor, KEY)  # it deferred, its trigger fired, and it is at work again
    executor.change_state(KEY, TaskInstanceState.SUCCESS)
    assert reported(executor) == {}
    assert KEY in executor.running  # the scheduler asks for this, too


def test_the_report_of_the_last_part_is(executor: ResumingLocalExecutor) -> None:
    for _ in range(3):
        hand_out(executor, KEY)
    for _ in range(3):
        executor.change_state(KEY, TaskInstanceState.SUCCESS)
    assert reported(executor) == {KEY: "success"}
    assert KEY not in executor.running


def test_a_report_that_comes_in_time_is_passed_on_at_once(executor: ResumingLocalExecutor) -> None:
    hand_out(executor, KEY)
    executor.change_state(KEY, TaskInstanceState.SUCCESS)
    assert reported(executor) == {KEY: "success"}
    hand_out(executor, KEY)
    executor.change_state(KEY, TaskInstanceState.SUCCESS)
    assert reported(executor) == {KEY: "success"}


def test_that_work_has_begun_is_no_end(executor: ResumingLocalExecutor) -> None:
    hand_out(executor, KEY)
    executor.change_state(KEY, TaskInstanceState.RUNNING)
    executor.change_state(KEY, TaskInstanceState.SUCCESS)
    assert reported(executor) == {KEY: "success"}


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An executor with two real workers, both idle, and work to be handed out."""
    monkeypatch.setattr(executors, "_STUCK_SECONDS", 0.5)
    executor = ResumingLocalExecutor(parallelism=2)
    executor.start()
    for _ in range(2):
        executor._spawn_worker()  # type: ignore[no-untyped-call]  # Airflow left it so
    yield executor
    for worker in executor.workers.values():
        worker.kill()


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_work_that_nobody_can_get_at_makes_the_scheduler_start_anew(at_work: Any) -> None:
    eventually(
        lambda: not at_work.activity_queue._rlock.acquire(block=False) or bool(at_work.activity_queue._rlock.release())
    )
    workers = dict(at_work.workers)
    kill(*workers)
    eventually(lambda: not any(worker.is_alive() for worker in workers.values()))
    at_work.activity_queue.put("work")
    at_work._unread_messages.value += 1

    def gives_up() -> bool:
        try:
            at_work.sync()
        except QueueLocked:
            return True
        return False

    eventually(gives_up)


def test_a_killed_worker_that_held_nothing_changes_nothing(at_work: Any) -> None:
    at_work._worker_was_killed = True
    at_work.sync()
    at_work.sync()
    assert at_work._lies_since is None
