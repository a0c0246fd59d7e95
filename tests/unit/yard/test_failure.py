"""Finding the reason of a failure in what Airflow keeps."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.unit.yard.support import FakeAirflow, task
from yard import failure

DAG, RUN = "recommender", "yard__1"


def test_the_step_that_failed_first_is_the_one_explained() -> None:
    airflow = FakeAirflow()
    early, late = (datetime(2026, 2, 2, hour, tzinfo=UTC) for hour in (1, 2))
    tasks = [
        task("score", "failed", ended=late),
        task("learn.train", "failed", ended=early, tries=3),
        task("release.deploy", "upstream_failed", ended=late),
    ]
    airflow.logs["learn.train"] = [
        {"event": "::group::Pre Execute"},
        {"event": "Started ncf-train-1", "level": "info"},
        {"event": "Task failed", "level": "error", "error_detail": [{"exc_type": "JobFailed", "exc_value": "exit 1"}]},
    ]
    found = failure.explain(airflow.api(), DAG, RUN, tasks, Path("/logs"))
    assert found is not None
    assert found.task == "learn.train"
    assert found.reason == "JobFailed: exit 1"
    assert found.log_file == f"/logs/dag_id={DAG}/run_id={RUN}/task_id=learn.train/attempt=3.log"
    assert found.page == f"{airflow.url}/dags/{DAG}/runs/{RUN}/tasks/learn.train"
    assert found.log_end == ("Started ncf-train-1", "Task failed")


def test_a_mapped_task_is_found_with_its_index() -> None:
    airflow = FakeAirflow()
    found = failure.explain(airflow.api(), DAG, RUN, [task("train", "failed", map_index=2)], Path("/logs"))
    assert found is not None
    assert found.task == "train[2]"
    assert "/map_index=2/attempt=1.log" in found.log_file
    assert found.page.endswith("/tasks/train/mapped/2")


def test_a_run_without_a_failed_task_has_no_failure() -> None:
    tasks = [task("train", "success"), task("deploy", "skipped")]
    assert failure.explain(FakeAirflow().api(), DAG, RUN, tasks, Path("/logs")) is None


def test_the_exception_that_left_the_task_is_the_reason_and_not_the_one_behind_it() -> None:
    details = [{"exc_type": "JobFailed", "exc_value": "no disk"}, {"exc_type": "ClientError", "exc_value": "x"}]
    assert failure.reason([{"event": "failed", "error_detail": details}]) == "JobFailed: no disk"


def test_without_an_exception_the_last_error_is_the_reason() -> None:
    events: list[dict[str, Any]] = [
        {"event": "first", "level": "error"},
        {"event": "killed", "level": "critical"},
        {"event": "bye", "level": "info"},
    ]
    assert failure.reason(events) == "killed"


def test_of_a_trigger_that_failed_its_own_last_words_are_the_reason() -> None:
    events: list[dict[str, Any]] = [
        {"event": "Trigger failed:\nTraceback\n  File x\n\nJobLost: it is gone\n", "level": "error"},
        {"event": "Task failed with exception", "level": "error", "error_detail": [
            {"exc_type": "TaskDeferralError", "exc_value": "Trigger failure"}]},
    ]  # fmt: skip
    assert failure.reason(events) == "JobLost: it is gone"


def test_a_silent_log_is_called_so() -> None:
    found = failure.explain(FakeAirflow().api(), DAG, RUN, [task("train", "failed")], Path("/logs"))
    assert found is not None
    assert found.reason == "its log says nothing"
