"""Green means: the job ran, and its output is whole."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from botocore.exceptions import ClientError

from tests.unit.trainyard.made_up import SPEC
from trainyard.catalog import TRAINING
from trainyard.errors import (
    CallRefused,
    JobFailed,
    JobLost,
    JobStopped,
    JobTimedOut,
    ManifestError,
    OutputWrong,
    QuotaExhausted,
)
from trainyard.operators.job import Ended, JobOperator

if TYPE_CHECKING:
    from tests.unit.trainyard.operators.conftest import Surroundings

NAME = "recommender-train-3f9c2a1b7d-1"
REF = {"TrainingJobName": NAME}
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "CreateTrainingJob")
NO_QUOTA = ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "limit is 0"}}, "CreateTrainingJob")
INVALID = ClientError({"Error": {"Code": "ValidationException", "Message": "bad role"}}, "CreateTrainingJob")


def operator(**more: Any) -> JobOperator:
    defaults: dict[str, Any] = {
        "task_id": "train",
        "kind": TRAINING,
        "spec": SPEC,
        "request": lambda job, _: {"RoleArn": job.settings.roles.training},
        "result": lambda ended: {"job": ended.job.name},
        "time_limit": timedelta(hours=1),
    }
    return JobOperator(**defaults | more)


def finished(surroundings: Surroundings, status: dict[str, Any], **more: Any) -> dict[str, Any]:
    surroundings.script.answers["describe_training_job"] = [status]
    event = {"outcome": "ended", "ref": REF, "replacement": 0}
    return operator(**more).finish({}, event)


def test_work_that_another_job_has_done_is_not_paid_for_twice(surroundings: Surroundings) -> None:
    trial = {"TrainingJobName": "search-0123456789-1-001-aa"}
    surroundings.script.answers["describe_training_job"] = [{"TrainingJobStatus": "Completed"}]
    found = operator(done=lambda _job: trial, result=lambda ended: {"job": ended.ref["TrainingJobName"]}).execute({})
    assert found == {"job": trial["TrainingJobName"]}
    assert "create_training_job" not in dict(surroundings.script.calls)


def test_the_task_waits_in_the_triggerer_and_a_person_can_find_the_job(surroundings: Surroundings) -> None:
    surroundings.script.answers["create_training_job"] = [{}]
    with pytest.raises(TaskDeferred) as caught:
        operator().execute({})
    kept = caught.value.trigger.serialize()[1]
    assert (kept["ref"], kept["carry"]["replacement"]) == (REF, 0)
    assert surroundings.pushed["job"]["ref"] == REF
    assert "/aws/sagemaker/TrainingJobs" in surroundings.pushed["job"]["log"]


def test_the_budget_of_the_wait_is_the_jobs_own_and_airflows_is_the_net_under_it(surroundings: Surroundings) -> None:
    surroundings.script.answers["create_training_job"] = [{}]
    with pytest.raises(TaskDeferred) as caught:
        operator(time_limit=timedelta(hours=10)).execute({})
    assert caught.value.timeout is not None
    assert caught.value.timeout > timedelta(hours=10)


def test_a_run_that_needs_no_such_job_says_why(surroundings: Surroundings) -> None:
    with pytest.raises(AirflowSkipException, match="nobody asked"):
        operator(skip=lambda _run, _inputs: "nobody asked").execute({})
    assert surroundings.script.called == []


def test_success_is_completed_and_whole(surroundings: Surroundings) -> None:
    assert finished(surroundings, {"TrainingJobStatus": "Completed"}) == {"job": NAME}


def broken(_ended: Ended) -> dict[str, Any]:
    raise ManifestError("model.tar.gz is empty")


def test_completed_with_a_broken_output_is_no_success(surroundings: Surroundings) -> None:
    with pytest.raises(OutputWrong, match=r"it succeeded, but model\.tar\.gz is empty"):
        finished(surroundings, {"TrainingJobStatus": "Completed"}, result=broken)


@pytest.mark.parametrize(
    ("description", "error", "words"),
    [
        ({"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: exit code 1"}, JobFailed, "exit code 1"),
        ({"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}, JobStopped, "stopped"),
        ({"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded"}, JobTimedOut, "time limit"),
        ({"TrainingJobStatus": "Deleting"}, JobFailed, "Deleting"),
        ({"TrainingJobStatus": "Stopping"}, JobFailed, "Stopping"),
        ({"TrainingJobStatus": "Polishing"}, JobFailed, "Polishing"),
        ({}, JobFailed, "without a reason"),
    ],
)
def test_everything_but_the_allow_list_is_a_failure(
    surroundings: Surroundings, description: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        finished(surroundings, description)


def test_a_failure_says_service_object_and_where_the_log_is(surroundings: Surroundings) -> None:
    with pytest.raises(JobFailed) as caught:
        finished(surroundings, {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError"})
    assert "sagemaker create_training_job" in str(caught.value)
    assert NAME in str(caught.value)
    assert "/aws/sagemaker/TrainingJobs" in str(caught.value)
    assert not caught.value.transient


def test_a_failure_of_the_service_itself_is_tried_again(surroundings: Surroundings) -> None:
    with pytest.raises(JobFailed) as caught:
        finished(surroundings, {"TrainingJobStatus": "Failed", "FailureReason": "InternalServerError: try again"})
    assert caught.value.transient


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"outcome": "timed_out"}, JobTimedOut),
        ({"outcome": "unreachable", "transient": True, "reason": "no answer"}, JobLost),
        ({"outcome": "unreachable", "transient": False, "reason": "AccessDenied"}, CallRefused),
    ],
)
def test_a_wait_that_broke_off_is_no_success(
    surroundings: Surroundings, event: dict[str, Any], error: type[Exception]
) -> None:
    surroundings.script.answers["stop_training_job"] = [{}]
    with pytest.raises(error):
        operator().finish({}, event | {"ref": REF, "replacement": 0})


def test_a_job_that_may_not_be_watched_is_stopped(surroundings: Surroundings) -> None:
    surroundings.script.answers["stop_training_job"] = [{}]
    with pytest.raises(CallRefused):
        operator().finish(
            {}, {"outcome": "unreachable", "transient": False, "reason": "no", "ref": REF, "replacement": 0}
        )
    assert surroundings.script.called == ["stop_training_job"]


@pytest.mark.parametrize("trouble", [THROTTLED, NO_QUOTA])
def test_what_passes_is_waited_out_without_a_worker(surroundings: Surroundings, trouble: Exception) -> None:
    surroundings.script.answers["create_training_job"] = [trouble]
    with pytest.raises(TaskDeferred) as caught:
        operator().execute({})
    assert caught.value.method_name == "start"


def test_what_does_not_pass_fails_at_once(surroundings: Surroundings) -> None:
    surroundings.script.answers["create_training_job"] = [INVALID]
    with pytest.raises(CallRefused, match="bad role"):
        operator().execute({})


def test_patience_has_an_end(surroundings: Surroundings) -> None:
    surroundings.script.answers["create_training_job"] = [NO_QUOTA]
    with pytest.raises(QuotaExhausted):
        operator().start({}, {"since": 1.0, "times": 9, "outcome": "again"})


FAILED_WAIT = {"error": "Trigger/Execution timeout"}


def resumed(surroundings: Surroundings, next_kwargs: dict[str, Any]) -> None:
    surroundings.pushed["job"] = {"ref": REF}
    surroundings.script.answers["stop_training_job"] = [{}]
    operator().resume_execution("__fail__", next_kwargs, {})


def test_an_execution_timeout_holds_while_the_task_is_deferred_too(surroundings: Surroundings) -> None:
    surroundings.script.answers["create_training_job"] = [{}]
    surroundings.start_date = datetime.now(UTC) - timedelta(minutes=3)
    with pytest.raises(TaskDeferred) as caught:
        operator(execution_timeout=timedelta(minutes=5)).execute({})
    kept = caught.value.trigger.serialize()[1]
    assert kept["deadline"] == pytest.approx(time.time() + 120, abs=30)
    assert kept["carry"]["limit"] == "the task's execution_timeout of 0:05:00"


def test_an_execution_timeout_ends_the_wait_for_a_quota(surroundings: Surroundings) -> None:
    surroundings.script.answers["create_training_job"] = [NO_QUOTA]
    surroundings.start_date = datetime.now(UTC) - timedelta(minutes=6)
    with pytest.raises(QuotaExhausted):
        operator(execution_timeout=timedelta(minutes=5)).execute({})


def test_a_deferral_that_timed_out_leaves_no_job_running(surroundings: Surroundings) -> None:
    with pytest.raises(JobTimedOut) as caught:
        resumed(surroundings, {"error": "Trigger timeout"})
    assert isinstance(caught.value.__cause__, TaskDeferralTimeout)
    assert surroundings.script.called == ["stop_training_job"]


def test_a_trigger_that_crashed_leaves_the_job_to_the_retry(surroundings: Surroundings) -> None:
    with pytest.raises(JobLost) as caught:
        resumed(surroundings, {"error": "Trigger failure"})
    assert isinstance(caught.value.__cause__, TaskDeferralError)
    assert surroundings.script.called == []


def test_a_trigger_that_crashed_in_the_last_try_leaves_no_job_running(surroundings: Surroundings) -> None:
    surroundings.try_number = surroundings.max_tries + 1
    with pytest.raises(JobTimedOut):
        resumed(surroundings, {"error": "Trigger failure"})
    assert surroundings.script.called == ["stop_training_job"]


def test_a_task_that_is_killed_before_it_asked_for_anything_stops_nothing(surroundings: Surroundings) -> None:
    operator().on_kill()
    assert surroundings.script.called == []
