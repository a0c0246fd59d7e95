"""What the last task sees of the others: their states, what they left, and why they were skipped."""

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG, task
from airflow.sdk.bases.operator import BaseOperator

from tests.unit.trainyard.made_up import SPEC
from trainyard.operators.records import RecordOperator, _found
from trainyard.outcomes import Ended
from trainyard.steps.judge import judge


class TaskInstance:
    """The worker's, as far as it is asked here."""

    dag_id, run_id = "recommender", "manual__1"

    def __init__(self, states: dict[str, str], left: dict[tuple[str, str], Any]) -> None:
        self.states, self.left = states, left

    def get_task_states(self, *, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        return {run_ids[0]: self.states}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.left.get((task_ids, key))


class Runtime:
    def __init__(self, ti: TaskInstance) -> None:
        self.ti = ti


@pytest.fixture
def record() -> RecordOperator:
    """The last task of a small DAG: a task of somebody else, mapped ones, and Trainyard's judge after it."""
    with DAG("recommender", schedule=None, start_date=datetime(2026, 1, 5, tzinfo=UTC)):

        @task
        def checked(row: int = 0) -> dict[str, Any]:
            return {"ndcg": row}

        mapped = checked.override(task_id="mapped").expand(row=[1, 2])
        last = RecordOperator(task_id="record", spec=SPEC)
        [judge(SPEC, checked()), mapped] >> last
        last >> BaseOperator(task_id="announce")
    return last


def seen(record: RecordOperator, states: dict[str, str], left: dict[tuple[str, str], Any]) -> dict[str, Ended]:
    runtime: Any = Runtime(TaskInstance(states, left))
    return {name: record._ended(runtime, name, state) for name, state in record._states(runtime).items()}


def test_it_sees_what_the_tasks_before_it_left_and_none_of_those_after_it(record: RecordOperator) -> None:
    states = {"checked": "success", "mapped_0": "success", "mapped_1": "failed", "judge": "success", "announce": "none"}
    found = seen(record, states, {("judge", "return_value"): {"accepted": True}})
    assert set(found) == {"checked", "mapped_0", "mapped_1", "judge"}
    assert found["judge"].said == {"accepted": True}
    assert found["mapped_1"].state == "failed"


def test_it_sees_why_a_task_skipped_itself_and_whose_it_is(record: RecordOperator) -> None:
    said = {"outcome": "empty", "reason": "no rows"}
    found = seen(record, {"checked": "skipped", "judge": "skipped"}, {("judge", "outcome"): said})
    assert found["judge"].said == said
    assert found["judge"].after == {"checked"}
    assert (found["judge"].ours, found["checked"].ours) == (True, False)


def test_the_version_of_a_pipeline_is_noted_as_one_that_was_registered_here() -> None:
    version = {
        "model_package": "arn:aws:sagemaker:us-east-1:123456789012:model-package/recommender/7",
        "model_version": 7,
    }
    for step in ("register", "adopt_version"):
        found = _found({step: version})
        assert (found["model_package"], found["model_version"]) == (version["model_package"], 7)
