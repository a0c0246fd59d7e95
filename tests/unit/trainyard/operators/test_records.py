"""What is written of a run, from the states of its tasks and what they left."""

from typing import Any

import pytest

from tests.unit.trainyard.made_up import SPEC
from trainyard.operators.records import RecordOperator


class TaskInstance:
    """What of a run the last task sees."""

    def xcom_pull(self, task_ids: str, key: str) -> None:
        return None


class Runtime:
    ti = TaskInstance()


def outcome(states: dict[str, str], left: dict[str, dict[str, Any]] | None = None) -> tuple[str, str]:
    return RecordOperator(task_id="record", spec=SPEC)._outcome(Runtime(), states, left or {})  # type: ignore[arg-type]


DONE = {"resolve_run": "success", "prepare.unload": "success", "prepare.build_examples": "success"}


def test_a_run_whose_tasks_all_ended_well_is_complete() -> None:
    assert outcome(DONE | {"release.deploy": "skipped"}) == ("complete", "")


def test_a_failed_task_is_named() -> None:
    said = outcome(DONE | {"learn.train": "failed", "learn.evaluate": "upstream_failed"})
    assert said == ("failed", "failed: learn.train")


def test_a_run_that_was_ended_before_a_task_failed_by_itself_is_failed() -> None:
    assert outcome(DONE | {"learn.train": "upstream_failed"})[0] == "failed"


def test_a_source_without_rows_is_empty() -> None:
    states = {"prepare.unload": "success", "prepare.wait_for_manifest": "skipped", "prepare.build_examples": "skipped"}
    assert outcome(states, {"prepare.unload": {"outcome": "empty"}}) == ("empty", "no rows")


def test_one_empty_dataset_among_several_does_not_make_the_partition_empty() -> None:
    left = {"prepare.unload_train": {"outcome": "complete"}, "prepare.unload_leads": {"outcome": "empty"}}
    assert outcome(DONE, left) == ("complete", "")


def test_examples_that_were_not_built_are_no_result_of_a_model_and_the_reason_says_where_to_look() -> None:
    said = outcome(DONE | {"prepare.build_examples": "skipped"}, {"prepare.unload": {"outcome": "complete"}})
    assert said[0] == "empty"
    assert "the log of build_examples" in said[1]


@pytest.mark.parametrize("waited", ["wait_for_source", "prepare.wait_for_source", "any.group.wait_for_source"])
def test_a_run_that_found_nothing_changed_says_so_whatever_group_waited(
    monkeypatch: pytest.MonkeyPatch, waited: str
) -> None:
    said = {waited: "Partition 2026-02-02 has not changed"}
    monkeypatch.setattr(TaskInstance, "xcom_pull", lambda _, task_ids, key: said.get(task_ids))
    states = {"resolve_run": "success", waited: "skipped", "prepare.build_examples": "skipped"}
    assert outcome(states) == ("unchanged", "Partition 2026-02-02 has not changed")
