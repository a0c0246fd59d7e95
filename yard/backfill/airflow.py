"""Airflow's backfills by its REST API: made, found, followed, ended."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yard.airflow_api import RUN_ENDED, AirflowApi, moment
from yard.errors import YardError

_PAGE = 100  # Airflow gives no longer one
#: Runs are made while the request is answered; a busy embedded database takes a while for many.
_AT_WORK = ("queued", "running")
#: How long runs of a backfill that was just made may be missing: Airflow shows it before they are there.
_MADE_SECONDS = 120.0


@dataclass(frozen=True)
class Backfill:
    """One of Airflow's backfills."""

    id: int
    first: str
    last: str
    conf: Mapping[str, Any]
    at_once: int
    created: datetime
    ended: bool

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "Backfill":
        """Read one of a response."""
        return cls(
            id=item["id"],
            first=item["from_date"][:10],
            last=item["to_date"][:10],
            conf=item["dag_run_conf"] or {},
            at_once=item["max_active_runs"],
            created=datetime.fromisoformat(item["created_at"]),
            ended=item["completed_at"] is not None,
        )

    @property
    def partitions(self) -> frozenset[str] | None:
        """Those that it was asked for; None for all of its range."""
        only = self.conf.get("only")
        return frozenset(only) if only else None

    @property
    def form(self) -> dict[str, Any]:
        """The fields that somebody chose for its runs; which partitions, and whether anew, are not among them."""
        return {name: value for name, value in self.conf.items() if name not in ("only", "rebuild")}

    def holds(self, partition: str) -> bool:
        """Whether it was asked for a partition."""
        chosen = self.partitions
        return self.first <= partition <= self.last and (chosen is None or partition in chosen)


@dataclass(frozen=True)
class PartitionRun:
    """A run of one partition."""

    run_id: str
    partition: str
    state: str
    queued: datetime | None
    began: datetime | None
    ended: datetime | None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "PartitionRun":
        """Read one of a response."""
        key = item["partition_key"] or (item["conf"] or {}).get("partition") or ""
        return cls(
            run_id=item["dag_run_id"],
            partition=str(key)[:10],
            state=item["state"],
            queued=moment(item["queued_at"]),
            began=moment(item["start_date"]),
            ended=moment(item["end_date"]),
        )

    @property
    def is_over(self) -> bool:
        """Whether its state will not change any more."""
        return self.state in RUN_ENDED

    @property
    def seconds(self) -> float:
        """How long it took; 0 while it has not ended."""
        return (self.ended - self.began).total_seconds() if self.began and self.ended else 0.0


class Backfills(AirflowApi):
    """The backfills of an Airflow, and their runs."""

    def active(self, dag: str) -> Backfill | None:
        """The one that is at work on a DAG; Airflow allows one at a time."""
        params = {"dag_id": dag, "order_by": "-id", "limit": 1}
        found = [Backfill.of(item) for item in self._get("/api/v2/backfills", params)["backfills"]]
        return found[0] if found and not found[0].ended else None

    def has_ended(self, backfill: Backfill) -> bool:
        """Whether it has ended: then it gets no more runs."""
        return Backfill.of(self._get(f"/api/v2/backfills/{backfill.id}")).ended

    def rehearse(self, dag: str, partitions: Sequence[str], conf: Mapping[str, Any]) -> None:
        """Ask Airflow whether it would run these partitions with this form, without having it done.

        :raises YardError: when it would not, with its reason.
        """
        body = _body(dag, partitions[0], partitions[-1], conf, 1)
        told = self._expect(self._send("POST", "/api/v2/backfills/dry_run", json=body)).json()["backfills"]
        found = {str(item["partition_key"])[:10] for item in told}
        if unknown := [name for name in partitions if name not in found]:
            raise YardError(
                f"The schedule of {dag} has no partition {unknown[0]}.", "Does it agree with the calendar of its model?"
            )

    def create(self, dag: str, first: str, last: str, conf: Mapping[str, Any], at_once: int) -> Backfill:
        """Have every partition from one to another run, whatever ran before: the plan says what is to be done.

        :raises YardError: when Airflow refuses it, with its reason.
        """
        body = _body(dag, first, last, conf, at_once)
        answer = self._send("POST", "/api/v2/backfills", json=body)
        if answer.status_code == 409:
            mine = self.active(dag)  # a lost reply: the request was sent again, and found what it had made
            if mine and (mine.first, mine.last, mine.conf) == (first, last, dict(conf)):
                return mine
        return Backfill.of(self._expect(answer).json())

    def cancel(self, backfill: Backfill) -> None:
        """Let no further run of it begin, and end those that wait; also the way to close one whose runs have ended."""
        answer = self._send("PUT", f"/api/v2/backfills/{backfill.id}/cancel")
        if answer.status_code != 409:  # 409: it has ended
            self._expect(answer)

    def of_backfill(self, dag: str, backfill: Backfill) -> list[PartitionRun]:
        """The runs of a backfill, the newest of each partition."""
        found: dict[str, PartitionRun] = {}
        for run in self._runs(dag, {"run_type": "backfill", "order_by": "-id"}, since=backfill.created):
            if backfill.first <= run.partition <= backfill.last:
                found.setdefault(run.partition, run)
        return sorted(found.values(), key=lambda run: run.partition)

    def wait_for_runs(self, dag: str, backfill: Backfill) -> None:
        """Wait until a backfill has a run, or has ended without one.

        :raises YardError: when it gets none: the API server may have died between making it and making its runs.
        """
        deadline = time.monotonic() + _MADE_SECONDS
        while not self.of_backfill(dag, backfill) and not self.has_ended(backfill):
            if time.monotonic() > deadline:
                raise YardError(
                    f"Airflow's backfill {backfill.id} of {dag} has no runs.",
                    f"`yard backfill {dag} --stop` ends it; then the same command again.",
                )
            time.sleep(0.3)

    def at_work(self, dag: str) -> dict[str, str]:
        """The partitions that Airflow is at work on now, each with the id of the run."""
        found = self._runs(dag, {"state": list(_AT_WORK), "order_by": "-id"})
        return {run.partition: run.run_id for run in found if run.partition}

    def pools(self) -> dict[str, int]:
        """The pools and how many slots each has."""
        return {item["name"]: item["slots"] for item in self._get("/api/v2/pools", {"limit": _PAGE})["pools"]}

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Make a pool, or change its size. Deferred tasks count: every wait of ours is deferred."""
        pool = {"name": name, "slots": slots, "description": description, "include_deferred": True}
        answer = self._send("POST", "/api/v2/pools", json=pool)
        if answer.status_code == 409:
            change = {"pool": name, "slots": slots, "description": description, "include_deferred": True}
            answer = self._send("PATCH", f"/api/v2/pools/{name}", json=change)
        self._expect(answer)

    def _runs(self, dag: str, params: dict[str, Any], since: datetime | None = None) -> Sequence[PartitionRun]:
        """All runs, newest first, back to those that were queued before a moment."""
        found: list[PartitionRun] = []
        while True:
            page = {**params, "limit": _PAGE, "offset": len(found)}
            items = self._get(f"/api/v2/dags/{dag}/dagRuns", page)["dag_runs"]
            runs = [PartitionRun.of(item) for item in items]
            new = [run for run in runs if since is None or (run.queued is not None and run.queued >= since)]
            found += new
            if len(items) < _PAGE or len(new) < len(runs):
                return found


def _body(dag: str, first: str, last: str, conf: Mapping[str, Any], at_once: int) -> dict[str, Any]:
    return {
        "dag_id": dag,
        "from_date": f"{first}T00:00:00Z",
        "to_date": f"{last}T00:00:00Z",
        "dag_run_conf": dict(conf),
        "reprocess_behavior": "completed",
        "max_active_runs": at_once,
    }
