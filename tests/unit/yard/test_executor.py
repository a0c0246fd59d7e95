"""The late report of a task that has been resumed must not be taken for the end of it."""

from dataclasses import dataclass
from typing import Any

import pytest
from airflow.executors.local_executor import LocalExecutor
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.utils.state import TaskInstanceState

from yard.executor import ResumingLocalExecutor

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
