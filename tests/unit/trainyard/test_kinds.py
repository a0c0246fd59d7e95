from typing import Any

import pytest

from trainyard.catalog import CLUSTER, ENDPOINT, JOB_RUN, KINDS, STATEMENT, STEP, TRAINING, TUNING, kind_of
from trainyard.errors import InputError
from trainyard.kinds import INPUTS_VARIABLE, JobKind, ListedKind, NamedKind, State, fingerprint
from trainyard.workflows import PIPELINE


def described(kind: JobKind, status: str) -> dict[str, Any]:
    found: Any = status
    for key in reversed(kind.status):
        found = {key: found}
    return dict(found)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_only_the_allow_list_is_success(kind: JobKind) -> None:
    words = kind.running | kind.succeeded | kind.failed | kind.stopped | {"SomethingNew", ""}
    succeeded = {word for word in words if kind.state(described(kind, word)) is State.SUCCEEDED}
    assert succeeded == kind.succeeded


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_a_state_means_one_thing(kind: JobKind) -> None:
    lists = (kind.running, kind.succeeded, kind.failed, kind.stopped)
    assert sum(map(len, lists)) == len(frozenset().union(*lists))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_every_documented_state_is_in_a_list(kind: JobKind, documented: dict[str, set[str]]) -> None:
    known = kind.running | kind.succeeded | kind.failed | kind.stopped
    assert documented[kind.key] - known == set()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_an_unknown_state_is_waited_out_not_taken_for_anything(kind: JobKind) -> None:
    assert kind.state(described(kind, "SomethingNew")) is State.UNKNOWN
    assert kind.state({}) is State.UNKNOWN


@pytest.mark.parametrize("kind", [TRAINING, TUNING], ids=lambda kind: kind.key)
def test_a_named_job_tells_what_it_was_made_from(kind: NamedKind) -> None:
    request = {"TrainingJobDefinition": {"RoleArn": "r"}, "Environment": {"A": "b"}}
    made = kind.create_params(request, "name")
    assert made[kind.name_key] == "name"
    assert kind.has_inputs(made, request)
    assert not kind.has_inputs(made, request | {"RoleArn": "other"})
    assert not kind.has_inputs({}, request)


def test_marking_a_request_does_not_change_it() -> None:
    request = {"Environment": {"A": "b"}}
    TRAINING.create_params(request, "name")
    assert request == {"Environment": {"A": "b"}}
    assert TRAINING.create_params(request, "name")["Environment"] == {"A": "b", INPUTS_VARIABLE: fingerprint(request)}


@pytest.mark.parametrize("kind", [STATEMENT, CLUSTER, STEP, JOB_RUN, PIPELINE], ids=lambda kind: kind.key)
def test_a_listed_job_of_other_inputs_has_another_name(kind: ListedKind) -> None:
    assert kind.full_name({"Sql": "a"}, "n") == kind.full_name({"Sql": "a"}, "n") != kind.full_name({"Sql": "b"}, "n")


def test_a_statement_is_created_with_a_token_of_its_name() -> None:
    one, same, other = (STATEMENT.created({"Sql": "x"}, name) for name in ("n", "n", "m"))
    assert one["ClientToken"] == same["ClientToken"] != other["ClientToken"]
    assert len(one["ClientToken"]) <= 64


def test_a_job_run_is_created_with_a_token_of_its_name_and_found_under_the_same_ref() -> None:
    request = {"applicationId": "00f1"}
    one, same, other = (JOB_RUN.created(request, name) for name in ("n", "n", "m"))
    assert one["clientToken"] == same["clientToken"] != other["clientToken"]
    assert len(one["clientToken"]) <= 64
    assert (
        JOB_RUN.ref_of(request, {"jobRunId": "00f2"})
        == JOB_RUN.ref_of(request, {"id": "00f2"})
        == {"applicationId": "00f1", "jobRunId": "00f2"}
    )


def test_a_pipelines_execution_is_started_with_a_token_of_its_name() -> None:
    name = PIPELINE.full_name({"PipelineName": "weekly"}, "a-name")
    made = PIPELINE.created({"PipelineName": "weekly"}, name)
    assert made["PipelineExecutionDisplayName"] == name
    assert "." not in name  # which display names do not take
    assert 32 <= len(made["ClientRequestToken"]) <= 128


def test_a_step_is_found_under_the_same_ref_by_its_create_call_and_by_the_list() -> None:
    request = {"JobFlowId": "j-1", "Steps": [{}]}
    assert (
        STEP.ref_of(request, {"StepIds": ["s-1"]})
        == STEP.ref_of(request, {"Id": "s-1"})
        == {"ClusterId": "j-1", "StepId": "s-1"}
    )
    assert STEP.stop_params({"ClusterId": "j-1", "StepId": "s-1"})["StepIds"] == ["s-1"]


def test_a_reason_is_the_services_own_words() -> None:
    description = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: exit code 1"}
    assert TRAINING.reason_of(description) == "AlgorithmError: exit code 1"
    assert "without a reason" in TRAINING.reason_of({"TrainingJobStatus": "Failed"})


def test_progress_shows_what_counts() -> None:
    description = {
        "HyperParameterTuningJobStatus": "InProgress",
        "TrainingJobStatusCounters": {"Completed": 2, "Stopped": 0},
    }
    assert TUNING.progress_of(description) == "InProgress, Completed 2"


def test_an_endpoint_update_is_never_cut() -> None:
    assert ENDPOINT.stop == ""


def test_an_unknown_kind_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"no kind of job 'trianing'. Known: .*training"):
        kind_of("trianing")
