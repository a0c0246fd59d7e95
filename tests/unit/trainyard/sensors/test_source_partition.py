"""What the sensor does once the warehouse says that a partition is complete."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException

from tests.unit.trainyard.made_up import RUN, SPEC
from tests.unit.trainyard.test_ledger import RECORD
from trainyard.errors import PartitionError
from trainyard.fingerprints import Fingerprint
from trainyard.ledger import Record
from trainyard.run import Run
from trainyard.sensors import source
from trainyard.sensors.source import SourcePartitionSensor
from trainyard.spec import ModelSpec

THIS = "backfill__this"
ROW = ["2026-02-02", 10, "2026-02-09 00:10:00", 5, 50, "2026-02-09 00:10:00", "2026-01-05"]


class Surroundings:
    """A run whose partition is complete, and the ledger that it finds."""

    def __init__(self, run: Run, results: dict[str, Record]) -> None:
        self.its_run, self.pushed = run, dict[str, dict[str, str]]()
        self.ledger = SimpleNamespace(current=results.get)
        self.objects = SimpleNamespace(read_json=lambda _: {"files": {"sql/recommender/interactions.sql": "a"}})
        self.ti = SimpleNamespace(run_id=THIS, xcom_push=lambda key, value: self.pushed.update({key: value}))

    def run(self) -> Run:
        return self.its_run


def finished(
    monkeypatch: pytest.MonkeyPatch,
    *,
    run_type: str = "backfill",
    spec: ModelSpec = SPEC,
    results: dict[str, Record] | None = None,
    others: tuple[str, ...] = (),
    **params: Any,
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """What the sensor returns, and what it pushes."""
    surroundings = Surroundings(replace(RUN, run_type=run_type), results or {})
    monkeypatch.setattr(source, "Runtime", lambda _: surroundings)
    monkeypatch.setattr(source, "ledger_of", lambda *_: surroundings.ledger)
    with DAG("recommender"):
        sensor = SourcePartitionSensor(task_id="wait_for_source", spec=spec)
        for name in others:
            SourcePartitionSensor(task_id=name, spec=spec)
    context: Any = {"params": params}
    try:
        return sensor.finish(context, {"outcome": "rows", "rows": [ROW]}), surroundings.pushed
    except AirflowSkipException as skipped:
        return {"skipped": str(skipped)}, surroundings.pushed


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Record]:
    """A result of just what a run would be made from now."""
    returned, _ = finished(monkeypatch)
    return {"2026-02-02": replace(RECORD, fingerprint=Fingerprint(**returned["fingerprint"]))}


def test_a_complete_partition_is_told_with_its_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    returned, pushed = finished(monkeypatch, run_type="scheduled")
    assert (returned["rows"], returned["loaded_at"]) == (10, "2026-02-09 00:10:00")
    assert returned["loads"] == "5 loads, 50 rows, the last of 2026-02-09 00:10:00"
    assert pushed == {}


def test_a_backfill_of_what_has_not_changed_is_skipped_and_says_why(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Record]
) -> None:
    returned, pushed = finished(monkeypatch, results=known)
    assert "has not changed since run backfill__2026-02-02" in returned["skipped"]
    assert "set 'rebuild'" in returned["skipped"]
    assert pushed["outcome"]["outcome"] == "unchanged"
    assert "has not changed" in pushed["outcome"]["reason"]


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "asset_triggered"])
def test_no_other_run_is_skipped(monkeypatch: pytest.MonkeyPatch, known: dict[str, Record], run_type: str) -> None:
    assert "fingerprint" in finished(monkeypatch, run_type=run_type, results=known)[0]


def test_a_backfill_told_to_rebuild_rebuilds(monkeypatch: pytest.MonkeyPatch, known: dict[str, Record]) -> None:
    assert "fingerprint" in finished(monkeypatch, results=known, rebuild=True)[0]


def test_a_backfill_that_was_cleared_does_its_work_anew(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Record]
) -> None:
    own = {"2026-02-02": replace(known["2026-02-02"], run_id=THIS)}
    assert "fingerprint" in finished(monkeypatch, results=own)[0]


@pytest.mark.parametrize("step", ["fetch_code", "run_pipeline", "run_state_machine"])
def test_a_run_whose_code_is_elsewhere_is_never_taken_for_unchanged(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Record], step: str
) -> None:
    assert "fingerprint" in finished(monkeypatch, results=known, others=(step,))[0]


def test_a_partition_that_builds_on_one_without_a_result_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PartitionError, match=r"2026-02-02 of recommender builds on 2026-01-26, which has no result"):
        finished(monkeypatch, spec=replace(SPEC, in_order=True))


def test_it_goes_on_once_the_one_before_has_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    results = {"2026-01-26": replace(RECORD, partition="2026-01-26")}
    assert "fingerprint" in finished(monkeypatch, spec=replace(SPEC, in_order=True), results=results)[0]


def test_the_first_partition_of_a_source_builds_on_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROW", [*ROW[:-1], "2026-02-02"])
    assert "fingerprint" in finished(monkeypatch, spec=replace(SPEC, in_order=True))[0]
