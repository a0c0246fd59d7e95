"""Following a backfill: to its end, over a ledger that is away for a while, and what is said of failures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.unit.yard.backfill.test_plan import BUILT
from yard.backfill import watch
from yard.backfill.airflow import Backfill, PartitionRun
from yard.backfill.history import History
from yard.errors import RunFailed

MADE = datetime(2026, 3, 2, tzinfo=UTC)
BACKFILL = Backfill(3, "2026-02-02", "2026-02-09", {}, 2, MADE, False)
WEEKS = ["2026-02-02", "2026-02-09"]


def run(partition: str, state: str) -> PartitionRun:
    ended = MADE + timedelta(seconds=30) if state != "running" else None
    return PartitionRun("first", partition, state, MADE, MADE, ended)


class World:
    """An Airflow whose backfill goes on with each look, and a ledger."""

    def __init__(self, *looks: list[PartitionRun]) -> None:
        self.looks = list(looks)
        self.answers: list[Callable[[], History]] = []
        self.closed = False
        self.ended = False

    def of_backfill(self, _dag: str, _backfill: Backfill) -> list[PartitionRun]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def has_ended(self, _backfill: Backfill) -> bool:
        return self.ended

    def tasks(self, _dag: str, _run: str) -> list[Any]:
        return []

    def cancel(self, _backfill: Backfill) -> None:
        self.closed = True

    def of(self, _partition: str) -> History:
        return self.answers.pop(0)() if self.answers else History((BUILT,), BUILT)

    def follow(self) -> Any:
        session: Any = SimpleNamespace(services=SimpleNamespace(check=lambda: None))
        world: Any = self
        return watch.follow(session, world, "recommender", BACKFILL, world, WEEKS)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_POLL_SECONDS", 0)


def fails(error: Exception) -> Callable[[], History]:
    def answer() -> History:
        raise error

    return answer


def test_it_is_followed_to_its_end_and_closed(capsys: Any) -> None:
    world = World([run(WEEKS[0], "running")], [run(WEEKS[0], "success"), run(WEEKS[1], "success")])
    assert world.follow().is_over
    assert world.closed
    assert "2 built in 30 s, one each 15.0 s." in capsys.readouterr().out


def test_a_ledger_that_is_away_for_a_while_is_asked_again() -> None:
    world = World([run(week, "success") for week in WEEKS])
    starting = ClientError({"Error": {"Code": "503"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "GetObject")
    world.answers = [fails(EndpointConnectionError(endpoint_url="http://127.0.0.1:1")), fails(starting)]
    assert world.follow().counts() == {"complete": 2}


def test_a_ledger_that_refuses_is_believed() -> None:
    world = World([run(week, "success") for week in WEEKS])
    refusal = ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "GetObject")
    world.answers = [fails(refusal)]
    with pytest.raises(ClientError, match="AccessDenied"):
        world.follow()


def test_failures_are_named_with_the_command_that_runs_them_again() -> None:
    failed = replace(BUILT, outcome="failed", reason="failed: learn.train")
    world = World([run(WEEKS[0], "success"), run(WEEKS[1], "failed")])
    world.answers = [lambda: History((BUILT,), BUILT), lambda: History((failed,), None)]
    with pytest.raises(RunFailed, match="1 of 2 partitions failed: 2026-02-09") as raised:
        world.follow()
    assert "--from 2026-02-09 --to 2026-02-09 --redo failed" in raised.value.remedy
    assert world.closed


def test_a_green_run_whose_record_never_ended_is_no_success() -> None:
    begun = replace(BUILT, outcome="running")
    world = World([run(week, "success") for week in WEEKS])
    world.answers = [lambda: History((BUILT,), BUILT), lambda: History((begun,), None)]
    with pytest.raises(RunFailed, match="1 of 2 partitions without result: 2026-02-09") as raised:
        world.follow()
    assert "The same command" in raised.value.remedy


def test_a_partition_that_airflow_made_no_run_of_is_missed(capsys: Any) -> None:
    world = World([run(WEEKS[0], "success")])
    with pytest.raises(RunFailed, match="1 of 2 partitions without result: 2026-02-09"):
        world.follow()
    assert "another run was at work on the partition" in capsys.readouterr().out


def test_a_backfill_that_has_ended_without_a_run_is_not_followed_for_ever() -> None:
    world = World([])
    world.ended = True
    with pytest.raises(RunFailed, match="2 of 2 partitions without result: 2026-02-02, 2026-02-09"):
        world.follow()
