"""A run because of an event: one for ten, none while one goes on, and never two because a worker died."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException, DagRunTriggerException

from tests.unit.trainyard.made_up import LEADS
from trainyard.aws.objects import Objects
from trainyard.operators.start_run import StartRunOperator

if TYPE_CHECKING:
    from tests.support import LocalAwsForTests


@dataclass
class Airflow:
    """The runs that there are, by id, with their states; and a bucket."""

    objects: Objects
    bucket: str
    runs: dict[str, str] = field(default_factory=dict)
    pushed: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, dag_id: str, run_ids: list[str] | None = None, states: list[str] | None = None) -> int:
        assert dag_id == "lead_scoring"
        with self.lock:
            return sum((not run_ids or name in run_ids) and (not states or state in states)
                       for name, state in self.runs.items())  # fmt: skip

    def runtime(self, context: Any) -> Any:
        push = lambda key, value: self.pushed.update({key: value})  # noqa: E731 - as short as what it stands for
        ti = SimpleNamespace(run_id=context["run_id"], get_dr_count=self.count, xcom_push=push)
        return SimpleNamespace(ti=ti, objects=self.objects, settings=SimpleNamespace(bucket=self.bucket))

    def start(self, run_id: str) -> None:
        with self.lock:
            assert run_id not in self.runs
            self.runs[run_id] = "running"

    @property
    def note(self) -> str:
        return f"s3://{self.bucket}/lead_scoring/started/lead_scoring_retrain.json"

    def age(self, by: timedelta) -> None:
        """Let time pass for what is noted."""
        noted = self.objects.read_json(self.note)
        self.objects.write_json(self.note, noted | {"at": (datetime.fromisoformat(noted["at"]) - by).isoformat()})


@pytest.fixture
def airflow(local_aws: LocalAwsForTests, monkeypatch: pytest.MonkeyPatch) -> Airflow:
    bucket = f"started-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=bucket)
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    found = Airflow(Objects(local_aws.client("s3"), key), bucket)
    monkeypatch.setattr("trainyard.operators.start_run.Runtime", found.runtime)
    return found


def answer(airflow: Airflow, event: str, *, dies: bool = False) -> str:
    """Answer an event; return the id of the run that was started, or why none was."""
    with DAG("lead_scoring_retrain", schedule=None):
        operator = StartRunOperator(task_id="start_run", spec=LEADS, starts="lead_scoring", single_flight=True,
                                    cool_down=timedelta(days=1))  # fmt: skip
    context: Any = {"run_id": event}
    try:
        operator.execute(context)
    except AirflowSkipException as skipped:
        return str(skipped)
    except DagRunTriggerException as started:
        if not dies:
            airflow.start(started.dag_run_id)
        return str(started.dag_run_id)
    return "started before"


def test_the_first_event_starts_a_run_that_is_named_after_it(airflow: Airflow) -> None:
    assert answer(airflow, "event1") == "lead_scoring_retrain__event1"
    assert airflow.pushed["started"] == {"dag_id": "lead_scoring", "run_id": "lead_scoring_retrain__event1"}
    assert json.loads(airflow.objects.read(airflow.note))["run_id"] == "lead_scoring_retrain__event1"


def test_ten_events_at_once_start_one_run(airflow: Airflow) -> None:
    with ThreadPoolExecutor(10) as pool:
        said = list(pool.map(lambda n: answer(airflow, f"event{n}"), range(10)))
    assert len(airflow.runs) == 1
    assert sum(told.startswith("lead_scoring_retrain__") for told in said) == 1


def test_while_a_run_waits_or_runs_no_other_is_started_and_the_reason_is_told(airflow: Airflow) -> None:
    airflow.runs["scheduled__2026-02-09"] = "queued"
    assert "waiting or running already" in answer(airflow, "event1")
    assert airflow.pushed["outcome"]["outcome"] == "not started"
    airflow.runs["scheduled__2026-02-09"] = "success"
    assert answer(airflow, "event2") == "lead_scoring_retrain__event2"


def test_within_the_cool_down_nothing_is_started_and_after_it_something_is(airflow: Airflow) -> None:
    first = answer(airflow, "event1")
    airflow.runs[first] = "success"
    assert "cool-down of 1 day" in answer(airflow, "event2")
    airflow.age(timedelta(days=1))
    assert answer(airflow, "event3") == "lead_scoring_retrain__event3"


def test_a_task_that_died_before_its_run_was_started_starts_that_one_when_it_is_tried_again(airflow: Airflow) -> None:
    noted = answer(airflow, "event1", dies=True)
    assert "cool-down" in answer(airflow, "event2")
    assert answer(airflow, "event1") == noted
    assert list(airflow.runs) == [noted]


def test_a_task_that_died_after_its_run_was_started_starts_no_second_one(airflow: Airflow) -> None:
    answer(airflow, "event1")
    assert answer(airflow, "event1") == "started before"
    assert len(airflow.runs) == 1


def test_a_note_whose_run_was_never_started_keeps_nobody_waiting_for_long(airflow: Airflow) -> None:
    answer(airflow, "event1", dies=True)
    airflow.age(timedelta(minutes=6))
    assert answer(airflow, "event2") == "lead_scoring_retrain__event2"
    assert "waiting or running already" in answer(airflow, "event1")  # its retry comes too late to start another
