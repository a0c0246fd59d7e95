"""The first task: what it takes for the run's partition, and what it refuses before anything is asked or written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Asset
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.execution_time.comms import AssetEventDagRunReferenceResult
from airflow.sdk.execution_time.context import TriggeringAssetEventsAccessor

from tests.unit.trainyard.made_up import SETTINGS, SPEC
from trainyard.calendars import Calendar
from trainyard.errors import ParamError, PartitionError
from trainyard.operators.resolve import ResolveRunOperator
from trainyard.steps.form import form

NOW = datetime(2026, 2, 11, tzinfo=UTC)
FORM = {name: param.value for name, param in form(epochs=(1, 100), lr=(0.0, 1.0)).items()}
EXAMPLES, LIVE = (
    Asset(name=f"recommender_{name}", uri=f"x-trainyard://recommender/{name}") for name in ("examples", "live")
)


@dataclass
class FirstTask:
    """The task in a run that begins as a test says; AWS and the ledger note what they are asked."""

    spec: Any = SPEC
    asked: list[str] = field(default_factory=list)
    noted: list[Any] = field(default_factory=list)

    def exists(self, uri: str) -> bool:
        """Whether a code version is there: any but ``unknown``."""
        self.asked.append(uri)
        return "/unknown/" not in uri

    def read_json(self, uri: str) -> dict[str, str]:
        """The pointer to the current code version."""
        self.asked.append(uri)
        return {"version": "abc123"}

    def run(
        self,
        conf: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        day: datetime | None = None,
        run_type: str = "manual",
        events: Mapping[Any, Any] | None = None,
    ) -> dict[str, Any]:
        """What the task answers."""
        dag_run = SimpleNamespace(conf=conf or {}, partition_key=key, data_interval_start=day, run_type=run_type)
        context: Any = {"dag_run": dag_run, "params": FORM | (conf or {}), "triggering_asset_events": events or {}}
        with DAG("recommender", params=form(epochs=(1, 100), lr=(0.0, 1.0)), schedule=None):
            task = ResolveRunOperator(task_id="resolve_run", spec=self.spec)
        return task.execute(context)


@pytest.fixture
def first(monkeypatch: pytest.MonkeyPatch) -> FirstTask:
    found = FirstTask()
    runtime = SimpleNamespace(settings=SETTINGS, objects=found, aws=SimpleNamespace(region="us-east-1"))
    module = "trainyard.operators.resolve"
    monkeypatch.setattr(f"{module}.Runtime", lambda _: runtime)
    monkeypatch.setattr(f"{module}.begun", lambda _, run: run)
    monkeypatch.setattr(f"{module}.ledger_of", lambda *_: SimpleNamespace(begin=found.noted.append))
    return found


def event(extra: dict[str, Any], key: str | None = None) -> Any:
    """One of the events that started a run."""
    return SimpleNamespace(extra=extra, partition_key=key)


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ({"key": "2026-02-02", "run_type": "scheduled"}, "2026-02-02"),
        ({"key": "2026-01-26", "run_type": "backfill"}, "2026-01-26"),
        ({"conf": {"partition": "2026-01-19"}}, "2026-01-19"),
        ({"day": datetime(2026, 1, 14, 9, tzinfo=UTC)}, "2026-01-12"),
        ({"key": "2026-02-02T00:00:00", "run_type": "asset_triggered"}, "2026-02-02"),
        ({"events": {EXAMPLES: [event({"partition": "2026-01-26"})] * 10}}, "2026-01-26"),
        ({"events": {EXAMPLES: [event({}, "2026-01-26")]}, "run_type": "asset_triggered"}, "2026-01-26"),
        (
            {"events": {EXAMPLES: [event({"from_trigger": True, "payload": {"partition": "2026-01-26"}})]}},
            "2026-01-26",
        ),
    ],
)  # fmt: skip
def test_a_run_finds_its_partition_however_it_began(first: FirstTask, begun: dict[str, Any], expected: str) -> None:
    assert first.run(**begun)["partition"] == expected
    [noted] = first.noted
    assert noted.partition == expected


def test_a_run_that_nothing_names_a_partition_for_asks_for_the_newest_complete_one(first: FirstTask) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        first.run()
    assert "max(partition_start)" in str(deferred.value.trigger.serialize())


def test_a_new_live_model_says_nothing_of_the_data_that_is_to_be_scored(first: FirstTask) -> None:
    with pytest.raises(TaskDeferred):
        first.run(events={LIVE: [event({"partition": "2026-01-26"}, "2026-01-26")]}, run_type="asset_triggered")


def test_the_events_are_read_as_airflow_hands_them_to_a_task(first: FirstTask) -> None:
    told = AssetEventDagRunReferenceResult.model_validate(
        {
            "asset": {"name": EXAMPLES.name, "uri": EXAMPLES.uri, "extra": {}},
            "extra": {"partition": "2026-01-26"},
            "source_task_id": None,
            "source_dag_id": None,
            "source_run_id": None,
            "source_map_index": None,
            "source_aliases": [{"name": "an_alias"}],
            "timestamp": NOW,
            "partition_key": "2026-01-26T00:00:00",
        }
    )
    found = first.run(events=TriggeringAssetEventsAccessor.build([told]), run_type="asset_triggered")
    assert found["partition"] == "2026-01-26"


def test_the_run_carries_the_instants_of_local_midnight(first: FirstTask) -> None:
    first.spec = replace(SPEC, calendar=Calendar.DAILY.in_timezone("Europe/Berlin"))
    told = first.run({"partition": "2024-03-31"})
    assert (told["partition"], told["partition_end"]) == ("2024-03-31", "2024-04-01")
    assert (told["starts_at"], told["ends_at"]) == ("2024-03-30 23:00:00", "2024-03-31 22:00:00")


@pytest.mark.parametrize(
    ("begun", "error", "words"),
    [
        ({"conf": {"partition": "2999-01-07"}}, PartitionError, "Field 'partition': 2999-01-07 lies in the future"),
        ({"conf": {"partition": "2026-02-03"}}, PartitionError, "Field 'partition': .*belongs to 2026-02-02"),
        ({"conf": {"partition": "{{ ds }}"}}, PartitionError, "Field 'partition'"),
        ({"conf": {"partition": "2026-02-02"}, "key": "2026-01-26"}, PartitionError, "Field 'partition'"),
        ({"events": {EXAMPLES: [event({"partition": "2026-01-26"}, "2026-02-02")]}}, PartitionError, "several"),
        ({"events": {EXAMPLES: [event({"partition": "../../code"})]}}, PartitionError, "is not a date"),
        ({"conf": {"warm_start": ["a"]}, "key": "2026-02-02"}, ParamError, "Field 'warm_start'"),
        ({"conf": {"tune": True, "lr": 0.1}, "key": "2026-02-02"}, ParamError, "Field 'lr'"),
        ({"conf": {"release": False, "release_backfill": True}}, ParamError, "Field 'release_backfill'"),
        ({"conf": {"epoch": 3}}, ParamError, "no field 'epoch'.*'epochs'"),
        ({"conf": {"note": "x" * 10**7}}, ParamError, "Field 'note': the form has"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_asked_or_written(
    first: FirstTask, begun: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        first.run(**begun)
    assert len(str(refused.value)) < 400
    assert (first.asked, first.noted) == ([], [])


@pytest.mark.parametrize(
    ("conf", "words"),
    [({"code_version": "unknown"}, "Field 'code_version'"), ({"lr": float("nan")}, "Field 'lr': nan")],
)
def test_an_unknown_code_version_and_no_number_are_refused_before_anything_is_written(
    first: FirstTask, conf: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParamError, match=words):
        first.run(conf, key="2026-02-02")
    assert first.noted == []


def test_a_day_that_begins_no_partition_is_refused_where_the_field_names_it(first: FirstTask) -> None:
    with pytest.raises(PartitionError, match=r"Field 'only': '2026-02-03' is not the first day.*2026-02-02"):
        first.run({"only": ["2026-02-03"]}, key="2026-02-02", run_type="backfill")
    assert first.noted == []
