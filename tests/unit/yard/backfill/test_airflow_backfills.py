"""Airflow's backfills: made once, found again, followed over pages, ended."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from yard.backfill import airflow
from yard.backfill.airflow import Backfill, Backfills
from yard.errors import YardError

MADE = datetime(2026, 3, 2, tzinfo=UTC)
ITEM: dict[str, Any] = {
    "id": 3, "dag_id": "recommender", "from_date": "2026-02-02T00:00:00Z", "to_date": "2026-02-16T00:00:00Z",
    "dag_run_conf": {"epochs": 1}, "max_active_runs": 2, "created_at": MADE.isoformat(), "completed_at": None,
}  # fmt: skip


def run(number: int, partition: str, state: str = "success", minutes: int = 1) -> dict[str, Any]:
    at = (MADE + timedelta(minutes=minutes)).isoformat()
    return {
        "dag_run_id": f"run{number}", "partition_key": f"{partition}T00:00:00", "conf": {}, "state": state,
        "queued_at": at, "start_date": at, "end_date": None,
    }  # fmt: skip


class Fake:
    """An Airflow with backfills; ``runs`` newest first."""

    def __init__(self) -> None:
        self.backfills: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.asked: list[httpx.Request] = []
        self.lose_a_reply = False

    def api(self) -> Backfills:
        return Backfills("http://127.0.0.1:8080", httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path, query = request.url.path, request.url.params
        if path.endswith("/dagRuns"):
            start = int(query["offset"])
            return httpx.Response(200, json={"dag_runs": self.runs[start : start + int(query["limit"])]})
        if path.endswith("/dry_run"):
            return httpx.Response(200, json={"backfills": [{"partition_key": "2026-02-02"}]})
        if path.endswith("/cancel"):
            return httpx.Response(409, json={"detail": "Backfill is already completed."})
        if path.endswith("/backfills/3"):
            return httpx.Response(200, json=self.backfills[-1])
        if request.method == "GET":
            return httpx.Response(200, json={"backfills": self.backfills[-1:]})
        if any(item["completed_at"] is None for item in self.backfills):
            return httpx.Response(409, json={"detail": "There is already a running backfill for dag recommender"})
        body = json.loads(request.content)
        self.backfills.append(ITEM | {name: body[name] for name in ("from_date", "to_date", "dag_run_conf")})
        if self.lose_a_reply:
            raise httpx.ReadError("connection reset")
        return httpx.Response(200, json=self.backfills[-1])


def test_every_partition_of_the_range_runs_whatever_ran_before() -> None:
    fake = Fake()
    made = fake.api().create("recommender", "2026-02-02", "2026-02-16", {"rebuild": True}, 2)
    assert json.loads(fake.asked[0].content) == {
        "dag_id": "recommender",
        "from_date": "2026-02-02T00:00:00Z",
        "to_date": "2026-02-16T00:00:00Z",
        "dag_run_conf": {"rebuild": True},
        "reprocess_behavior": "completed",
        "max_active_runs": 2,
    }
    assert (made.first, made.last, made.ended) == ("2026-02-02", "2026-02-16", False)


def test_airflow_is_asked_before_whether_its_schedule_has_the_partitions() -> None:
    Fake().api().rehearse("recommender", ["2026-02-02"], {})
    with pytest.raises(YardError, match="has no partition 2026-02-03"):
        Fake().api().rehearse("recommender", ["2026-02-02", "2026-02-03"], {})


def test_a_lost_reply_does_not_make_a_second_backfill_nor_an_error() -> None:
    fake = Fake()
    fake.lose_a_reply = True
    assert fake.api().create("recommender", "2026-02-02", "2026-02-16", {"epochs": 1}, 2).id == 3
    assert len(fake.backfills) == 1


def test_another_ones_backfill_is_not_taken_for_mine() -> None:
    fake = Fake()
    fake.backfills = [ITEM]
    with pytest.raises(YardError, match="already a running backfill"):
        fake.api().create("recommender", "2026-02-02", "2026-02-23", {"epochs": 1}, 2)


def test_one_that_has_ended_is_not_at_work() -> None:
    fake = Fake()
    assert fake.api().active("recommender") is None
    fake.backfills = [ITEM]
    assert fake.api().active("recommender") == Backfill.of(ITEM)
    fake.backfills = [ITEM | {"completed_at": MADE.isoformat()}]
    assert fake.api().active("recommender") is None


def test_its_runs_are_those_queued_since_it_was_made_the_newest_of_each_partition() -> None:
    fake = Fake()
    fake.runs = [
        run(5, "2026-03-02"), run(4, "2026-02-02", "running", 9), run(3, "2026-02-09"), run(2, "2026-02-02", "failed"),
        run(1, "2026-02-16", minutes=-5),
    ]  # fmt: skip
    found = fake.api().of_backfill("recommender", Backfill.of(ITEM))
    assert [(item.run_id, item.partition) for item in found] == [("run4", "2026-02-02"), ("run3", "2026-02-09")]


def test_runs_are_read_over_pages() -> None:
    fake = Fake()
    first = datetime(2025, 1, 6, tzinfo=UTC)
    fake.runs = [run(number, f"{first + timedelta(weeks=number):%Y-%m-%d}", "queued") for number in range(250, 0, -1)]
    assert len(fake.api().at_work("recommender")) == 250
    assert len(fake.asked) == 3


def test_its_runs_are_waited_for_and_where_none_come_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake()
    fake.backfills = [ITEM]
    monkeypatch.setattr(airflow, "_MADE_SECONDS", 0.0)
    with pytest.raises(YardError, match="has no runs") as raised:
        fake.api().wait_for_runs("recommender", Backfill.of(ITEM))
    assert "`yard backfill recommender --stop`" in raised.value.remedy
    fake.runs = [run(1, "2026-02-02")]
    fake.api().wait_for_runs("recommender", Backfill.of(ITEM))


def test_one_that_ended_without_a_run_gets_none_any_more() -> None:
    fake = Fake()
    fake.backfills = [ITEM | {"completed_at": MADE.isoformat()}]
    assert fake.api().has_ended(Backfill.of(ITEM))
    fake.api().wait_for_runs("recommender", Backfill.of(ITEM))


def test_ending_what_has_ended_is_no_error() -> None:
    Fake().api().cancel(Backfill.of(ITEM))


def test_a_backfill_may_be_for_some_partitions_of_its_range() -> None:
    whole = Backfill.of(ITEM)
    some = Backfill.of(ITEM | {"dag_run_conf": {"only": ["2026-02-09"]}})
    weeks = ["2026-01-26", "2026-02-02", "2026-02-09"]
    assert [whole.holds(week) for week in weeks] == [False, True, True]
    assert [some.holds(week) for week in weeks] == [False, False, True]
