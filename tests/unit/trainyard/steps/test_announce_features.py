"""A day is announced once, whatever becomes of the task; a week again only when all its days are there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException

from tests.unit.trainyard.made_up import LEADS, RUN
from trainyard.aws.ledger import Ledger
from trainyard.aws.objects import Objects
from trainyard.ledger import Record
from trainyard.names import Identity
from trainyard.spec import Calendar

if TYPE_CHECKING:
    from tests.support import LocalAwsForTests

step: Any = import_module("trainyard.steps.announce_features")  # the package has a function of this name
WEEK = [f"2026-02-{day:02}" for day in range(2, 9)]


class Event:
    """What a task writes about an asset, as Airflow's accessor takes it."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}
        self.days: list[str] = []

    def add_partitions(self, days: list[str]) -> None:
        self.days = days


@dataclass
class Days:
    """A bucket with the ledger, and the events that Airflow's database has."""

    objects: Objects
    bucket: str
    announced: list[list[str]] = field(default_factory=list)
    pushed: dict[str, Any] = field(default_factory=dict)

    def build(self, *days: str, run_id: str = "run1") -> None:
        """Let a run leave the result of days in the ledger."""
        ledger = Ledger(self.objects, self.bucket, LEADS.name, "lead_features")
        for day in days:
            began_at = f"2026-02-20T00:00:0{run_id[-1]}"
            ledger.end(Record(LEADS.name, day, "lead_features", run_id, "manual", "c", began_at, outcome="complete"))

    def announce(
        self, day: str, run_id: str = "run1", *, generation: int = 1, rebuild: bool = False, dies: bool = False
    ) -> Event:
        """Let a run's last task do its work, and die before Airflow has the event or not."""
        events = defaultdict[Any, Event](Event)
        context = {"dag_run": SimpleNamespace(run_id=run_id), "params": {"rebuild_week": rebuild},
                   "outlet_events": events, "runtime": self.runtime(day, run_id, generation)}  # fmt: skip
        with DAG("lead_features", schedule=None):
            EmptyOperator(task_id="record")
            made: Any = step.announce_features(LEADS, EmptyOperator(task_id="publish").output, Calendar.WEEKLY)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(step, "get_current_context", lambda: context)
            patch.setattr(step, "Runtime", lambda found: found["runtime"])
            made.operator.python_callable({"digest": "d"})
            (event,) = events.values()
            if not dies:
                self.announced.append(event.days)
                for callback in made.operator.on_success_callback or ():
                    callback(context)
        return event

    def runtime(self, day: str, run_id: str, generation: int) -> Any:
        push = lambda key, value: self.pushed.update({key: value})  # noqa: E731 - as short as what it stands for
        return SimpleNamespace(
            objects=self.objects,
            settings=SimpleNamespace(bucket=self.bucket),
            ti=SimpleNamespace(dag_id="lead_features", run_id=run_id, xcom_push=push),
            identity=Identity("announce_features", f"digest-of-{run_id}", generation, 0),
            run=lambda: replace(RUN, model=LEADS.name, partition=day, bucket=self.bucket),
        )


@pytest.fixture
def days(local_aws: LocalAwsForTests) -> Days:
    bucket = f"announced-{uuid4().hex}"
    local_aws.client("s3").create_bucket(Bucket=bucket)
    return Days(Objects(local_aws.client("s3"), local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]), bucket)


def test_a_day_is_announced_once_and_then_its_week_is_named(days: Days) -> None:
    days.build(*WEEK)
    days.announce(WEEK[2])
    days.build(WEEK[2], run_id="run2")
    with pytest.raises(AirflowSkipException, match=f"week {WEEK[0]} was made"):
        days.announce(WEEK[2], "run2")
    assert days.announced == [[WEEK[2]]]
    assert days.pushed["outcome"]["outcome"] == "restated"


def test_a_run_that_was_announced_and_is_cleared_is_a_day_that_was_built_again(days: Days) -> None:
    days.build(WEEK[2])
    days.announce(WEEK[2])
    with pytest.raises(AirflowSkipException, match="announced before"):
        days.announce(WEEK[2], generation=2)


@pytest.mark.parametrize("again", [{"generation": 1}, {"generation": 5}, {"run_id": "run2"}])
def test_a_task_that_died_before_airflow_had_the_event_keeps_no_later_one_from_announcing(
    days: Days, again: dict[str, Any]
) -> None:
    days.build(WEEK[2])
    days.announce(WEEK[2], dies=True)
    days.build(WEEK[2], run_id=again.get("run_id", "run1"))
    days.announce(WEEK[2], **again)
    assert days.announced == [[WEEK[2]]]


def test_a_task_that_is_tried_again_after_its_event_was_saved_announces_the_day_again(days: Days) -> None:
    days.build(WEEK[2])
    days.announce(WEEK[2])
    days.announce(WEEK[2])  # nobody can say which try's event was saved: the same day twice is one
    assert days.announced == [[WEEK[2]]] * 2


def test_a_day_whose_result_is_another_runs_is_left_to_that_one(days: Days) -> None:
    days.build(WEEK[2])
    days.build(WEEK[2], run_id="run2")
    with pytest.raises(AirflowSkipException, match="another run"):
        days.announce(WEEK[2])


def test_a_week_is_built_again_by_all_its_days(days: Days) -> None:
    days.build(*WEEK)
    for day in WEEK:
        days.announce(day)
    days.build(WEEK[2], run_id="run2")
    event = days.announce(WEEK[2], "run2", rebuild=True)
    assert (event.days, event.extra["rebuild"]) == (WEEK, True)


def test_a_week_that_lacks_days_is_not_built_again_and_loses_none(days: Days) -> None:
    days.build(*WEEK[:2])
    days.announce(WEEK[0])
    event = days.announce(WEEK[1], rebuild=True)  # its first time: it is announced, and the others are not
    assert (event.days, event.extra["rebuild"]) == ([WEEK[1]], False)
    with pytest.raises(AirflowSkipException, match=f"{WEEK[2]}, .*{WEEK[6]}"):
        days.announce(WEEK[1], generation=2, rebuild=True)
    assert days.pushed["outcome"]["outcome"] == "unfinished week"
    for day in WEEK[2:]:
        days.build(day)
        days.announce(day)
    assert days.announced == [[day] for day in WEEK]  # the week is complete by them
