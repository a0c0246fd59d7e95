"""Talking to Airflow: tokens, lost replies, DAGs that are not there, forms that are refused."""

import pytest

from tests.unit.yard.support import FakeAirflow
from yard import airflow_api
from yard.errors import YardError


@pytest.fixture
def airflow() -> FakeAirflow:
    return FakeAirflow()


def test_a_run_is_triggered_without_a_logical_date_and_with_the_form(airflow: FakeAirflow) -> None:
    airflow.api().trigger("recommender", "yard__1", {"partition": "2026-02-02"})
    body = {"dag_run_id": "yard__1", "logical_date": None, "conf": {"partition": "2026-02-02"}}
    assert airflow.runs == {"yard__1": body}


def test_a_lost_reply_does_not_make_a_second_run(airflow: FakeAirflow) -> None:
    airflow.lost_replies = 1
    airflow.api().trigger("recommender", "yard__1", {})
    assert list(airflow.runs) == ["yard__1"]
    assert airflow.asked.count("POST /api/v2/dags/recommender/dagRuns") == 3  # 401 first, then lost, then 409


def test_a_server_that_fails_once_is_asked_again(airflow: FakeAirflow) -> None:
    airflow.failing_answers = 2
    airflow.api().trigger("recommender", "yard__1", {})
    assert list(airflow.runs) == ["yard__1"]


def test_a_server_that_goes_on_failing_is_believed(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_api, "_TROUBLE_SECONDS", 0.3)
    airflow.failing_answers = 10**6
    with pytest.raises(YardError, match="database is locked"):
        airflow.api().trigger("recommender", "yard__1", {})


def test_a_refused_form_is_told_in_airflows_words(airflow: FakeAirflow) -> None:
    with pytest.raises(YardError, match="Invalid input for param epochs"):
        airflow.api().trigger("recommender", "yard__1", {"epochs": "many"})


def test_a_dag_that_cannot_be_read_is_told_with_its_error(airflow: FakeAirflow) -> None:
    airflow.parsed = False
    airflow.import_errors = [{"filename": "recommender.py", "stack_trace": "SyntaxError: line 3\n"}]
    with pytest.raises(YardError, match="There is no DAG recommender") as raised:
        airflow.api().form("recommender")
    assert raised.value.remedy == "recommender.py: SyntaxError: line 3"


def test_one_token_does_for_many_questions(airflow: FakeAirflow) -> None:
    api = airflow.api()
    for _ in range(3):
        api.form("recommender")
    assert airflow.asked.count("GET /auth/token") == 1


def test_tasks_are_ordered_by_what_they_wait_for(airflow: FakeAirflow) -> None:
    airflow.downstream = {"z": ["b"], "b": ["a"], "a": [], "c": ["a"]}
    assert airflow.api().task_order("recommender") == ["c", "z", "b", "a"]


def test_a_task_that_returned_nothing_has_no_result(airflow: FakeAirflow) -> None:
    assert airflow.api().result("recommender", "yard__1", "train") is None
