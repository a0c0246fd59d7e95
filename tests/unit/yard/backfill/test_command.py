"""The command: what it refuses before anything is started, what it starts, and what it takes up."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.yard.backfill.test_estimate import PIPELINE
from tests.unit.yard.backfill.test_plan import BUILT, MARK
from trainyard.errors import ManifestError
from yard import cli
from yard.backfill import command, marks, pipeline
from yard.backfill.airflow import Backfill, PartitionRun
from yard.backfill.command import Wish, backfill, stop
from yard.backfill.history import History
from yard.backfill.plan import Redo
from yard.errors import Interrupted, YardError
from yard.home import Home

WEEKS = ["2026-02-02", "2026-02-09", "2026-02-16"]
HOME = Home(Path("/nowhere"), Path("/nowhere/.trainyard"))
WISH = Wish("recommender", WEEKS[0], WEEKS[-1], yes=True)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ACTIVE = Backfill(3, WEEKS[0], WEEKS[1], {}, 2, NOW, False)


class World:
    """An Airflow, a ledger and a source, as a test wants them."""

    ui_url = "http://127.0.0.1:8080"

    def __init__(self) -> None:
        self.pipeline = replace(PIPELINE, form={"epochs", "tune", "release_backfill", "rebuild", "only"})
        self.histories: dict[str, History] = {}
        self.marks = dict.fromkeys(WEEKS, MARK)
        self.backfill: Backfill | None = None
        self.runs: list[PartitionRun] = []
        self.slots: dict[str, int] = {}
        self.made: list[tuple[str, str, dict[str, Any], int]] = []
        self.followed: list[int] = []
        self.ended: list[str] = []
        self.wanted: list[str] = []
        self.interrupted = False
        self.orphan = False
        self.begins_meanwhile = ""

    def read(self, names: Iterable[str]) -> dict[str, History]:
        return {name: self.histories.get(name, History()) for name in names}

    def newest(self) -> list[Any]:
        return []

    def active(self, _dag: str) -> Backfill | None:
        return self.backfill

    def of_backfill(self, _dag: str, _backfill: Backfill) -> list[PartitionRun]:
        return self.runs

    def cancel(self, backfill: Backfill) -> None:
        self.ended.append(f"backfill {backfill.id}")
        self.backfill = None
        self.runs = [
            replace(found, state="running" if found.partition == self.begins_meanwhile else "failed")
            if found.state == "queued"
            else found
            for found in self.runs
        ]

    def end_run(self, _dag: str, run: str, _why: str) -> None:
        self.ended.append(run)

    def at_work(self, _dag: str) -> dict[str, str]:
        return {run.partition: run.run_id for run in self.runs if not run.is_over}

    def pools(self) -> dict[str, int]:
        return self.slots

    def unpause(self, _dag: str) -> None: ...

    def rehearse(self, _dag: str, _partitions: Sequence[str], _conf: Mapping[str, Any]) -> None: ...

    def wait_for_runs(self, _dag: str, backfill: Backfill) -> None:
        if self.orphan:
            raise YardError(f"Airflow's backfill {backfill.id} has no runs.")

    def create(self, _dag: str, first: str, last: str, conf: dict[str, Any], at_once: int) -> Backfill:
        self.made.append((first, last, conf, at_once))
        return replace(ACTIVE, id=4, first=first, last=last, conf=conf)

    def follow(
        self, _session: Any, _api: Any, _dag: str, backfill: Backfill, _ledger: Any, wanted: Sequence[str]
    ) -> None:
        if self.interrupted:
            raise Interrupted(2)
        self.wanted += wanted
        self.followed.append(backfill.id)
        self.runs = []
        self.backfill = None


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    session = SimpleNamespace(airflow=lambda: SimpleNamespace(ui_url=""), aws=None, bucket="", home=HOME)
    monkeypatch.setattr(command, "attach", lambda _home: session)
    monkeypatch.setattr(command, "Backfills", lambda _url: made)
    monkeypatch.setattr(command, "Ledger", lambda *_: made)
    monkeypatch.setattr(command, "follow", made.follow)
    monkeypatch.setattr(pipeline, "read", lambda _session, _dag: made.pipeline)
    monkeypatch.setattr(marks, "marks", lambda _session, _pipeline, _names, _conf: made.marks)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    return made


@pytest.fixture
def typed(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Type a command that fails; returns what is said of it."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")  # main changes them

    def told(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["yard", *words])
        with pytest.raises(SystemExit) as raised:
            cli.main()
        assert raised.value.code == 1
        return capsys.readouterr().err

    return told


def run(partition: str, state: str) -> PartitionRun:
    return PartitionRun(f"run of {partition}", partition, state, NOW, NOW, None)


def test_all_weeks_that_have_no_result_are_started_at_once_and_followed(world: World) -> None:
    backfill(HOME, replace(WISH, conf={"epochs": 1}))
    assert world.made == [(WEEKS[0], WEEKS[2], {"epochs": 1}, 4)]
    assert world.followed == [4]


def test_what_has_a_result_is_left_out_by_name(world: World) -> None:
    world.histories = {WEEKS[1]: History((BUILT,), BUILT)}
    backfill(HOME, WISH)
    assert world.made == [(WEEKS[0], WEEKS[2], {"only": [WEEKS[0], WEEKS[2]]}, 4)]
    assert world.wanted == [WEEKS[0], WEEKS[2]]  # these must have a result in the end


def test_all_again_says_so_to_every_run(world: World) -> None:
    backfill(HOME, replace(WISH, redo=Redo.ALL))
    assert world.made[0][2] == {"rebuild": True}


def test_nothing_is_started_when_nothing_is_to_do_nor_by_a_dry_run(world: World, capsys: Any) -> None:
    backfill(HOME, replace(WISH, dry_run=True))
    assert "Estimate (at most" in capsys.readouterr().out
    world.histories = {week: History((BUILT,), BUILT) for week in WEEKS}
    backfill(HOME, WISH)
    assert "Nothing to do." in capsys.readouterr().out
    assert world.made == []


def test_the_price_of_a_search_is_shown(world: World, capsys: Any) -> None:
    backfill(HOME, replace(WISH, dry_run=True))
    assert "12 jobs" in capsys.readouterr().out
    backfill(HOME, replace(WISH, dry_run=True, conf={"tune": True}))
    assert "27 jobs" in capsys.readouterr().out


def test_a_hole_in_history_is_refused_by_name_unless_it_may_stay(world: World) -> None:
    del world.marks[WEEKS[1]]
    with pytest.raises(YardError, match=f"no complete partition {WEEKS[1]}"):
        backfill(HOME, WISH)
    assert world.made == []
    backfill(HOME, replace(WISH, skip_missing=True))
    assert world.made[0][2] == {"only": [WEEKS[0], WEEKS[2]]}


@pytest.mark.parametrize("name", ["epoch", "partition", "only", "rebuild"])
def test_a_field_that_a_backfill_may_not_set_is_refused(world: World, name: str) -> None:
    with pytest.raises(YardError, match=f"--set {name}: no field"):
        backfill(HOME, replace(WISH, conf={name: 1}))


@pytest.mark.parametrize("text", ["2026-02-03", "foo"])
def test_what_is_no_partition_is_told_in_a_sentence(typed: Callable[..., str], text: str) -> None:
    said = typed("backfill", "recommender", "--from", text, "--to", WEEKS[2])
    assert text in said
    assert "2026-02-02" in said  # the one that may be meant, or how one is written


def test_a_record_that_cannot_be_read_is_named(
    world: World, typed: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_names: Iterable[str]) -> dict[str, History]:
        raise ManifestError("s3://bucket/x.json is no record of the ledger: it is cut off.")

    monkeypatch.setattr(world, "read", read)
    assert typed("backfill", "recommender", "--from", WEEKS[0]) == (
        "✗ s3://bucket/x.json is no record of the ledger: it is cut off.\n"
    )


def test_the_same_command_takes_a_running_backfill_up_and_then_does_the_rest(world: World) -> None:
    world.backfill, world.runs = ACTIVE, [run(WEEKS[0], "success"), run(WEEKS[1], "running")]
    world.histories = {week: History((BUILT,), BUILT) for week in WEEKS[:2]}
    backfill(HOME, WISH)
    assert world.followed == [3, 4]
    assert world.made == [(WEEKS[2], WEEKS[2], {}, 4)]
    assert world.wanted == WEEKS


def test_a_backfill_that_never_got_its_runs_is_not_followed(world: World) -> None:
    world.backfill, world.orphan = ACTIVE, True
    with pytest.raises(YardError, match="backfill 3 has no runs"):
        backfill(HOME, WISH)
    assert world.followed == []


@pytest.mark.parametrize(
    ("conf", "rest"),
    [
        ({}, (WEEKS[0], WEEKS[2], {})),  # it made what had no result, and nothing anew
        ({"rebuild": True}, (WEEKS[2], WEEKS[2], {})),
        ({"rebuild": True, "only": WEEKS[1:2]}, (WEEKS[0], WEEKS[2], {"only": [WEEKS[0], WEEKS[2]]})),
        ({"rebuild": True, "epochs": 3}, (WEEKS[0], WEEKS[2], {})),
    ],
)
def test_all_again_is_done_beside_what_a_running_backfill_has_rebuilt(
    world: World, conf: dict[str, Any], rest: tuple[str, str, dict[str, Any]]
) -> None:
    world.backfill, world.runs = replace(ACTIVE, conf=conf), [run(WEEKS[1], "running")]
    world.histories = {week: History((BUILT,), BUILT) for week in WEEKS}
    backfill(HOME, replace(WISH, redo=Redo.ALL))
    assert world.followed == [3, 4]
    assert world.made == [(rest[0], rest[1], {"rebuild": True} | rest[2], 4)]


def test_all_again_taken_up_whole_is_not_done_twice(world: World) -> None:
    world.backfill, world.runs = replace(ACTIVE, conf={"rebuild": True}), [run(WEEKS[1], "running")]
    world.histories = {week: History((BUILT,), BUILT) for week in WEEKS}
    backfill(HOME, replace(WISH, last=WEEKS[1], redo=Redo.ALL))
    assert (world.followed, world.made) == ([3], [])


def test_a_backfill_of_other_weeks_or_another_form_is_refused_by_its_name(world: World) -> None:
    world.backfill, world.runs = ACTIVE, [run(WEEKS[1], "running")]
    for wish in (replace(WISH, first=WEEKS[1]), replace(WISH, conf={"epochs": 1})):
        with pytest.raises(YardError, match="Backfill 3 of recommender, 2026-02-02 to 2026-02-09, is at work"):
            backfill(HOME, wish)
    assert not world.made
    assert not world.followed


def test_a_backfill_whose_runs_have_ended_stands_in_nobodys_way(world: World) -> None:
    world.backfill, world.runs = ACTIVE, [run(WEEKS[0], "success")]
    backfill(HOME, WISH)
    assert world.ended == ["backfill 3"]
    assert world.followed == [4]


def test_what_a_run_is_at_work_on_is_not_started_again(world: World) -> None:
    world.runs = [run(WEEKS[2], "queued")]
    backfill(HOME, WISH)
    assert world.made[0][:2] == (WEEKS[0], WEEKS[1])


def test_the_smallest_pool_of_its_steps_bounds_how_many_run_at_once(world: World) -> None:
    training = replace(PIPELINE.spec.training, compute=replace(PIPELINE.spec.training.compute, pool="gpu"))
    world.pipeline = replace(world.pipeline, spec=replace(PIPELINE.spec, training=training))
    world.slots = {"gpu": 2, "other": 1, "default_pool": 128}
    backfill(HOME, WISH)
    backfill(HOME, replace(WISH, at_once=3))
    assert [made[3] for made in world.made] == [2, 3]


def test_partitions_that_build_on_each_other_go_one_at_a_time(world: World) -> None:
    world.pipeline = replace(world.pipeline, spec=replace(PIPELINE.spec, in_order=True))
    backfill(HOME, WISH)
    assert world.made[0][3] == 1
    with pytest.raises(YardError, match="build on each other"):
        backfill(HOME, replace(WISH, at_once=2))


@pytest.mark.parametrize("skip", [False, True])
def test_partitions_that_build_on_each_other_cannot_leave_one_out(world: World, skip: bool) -> None:
    world.pipeline = replace(world.pipeline, spec=replace(PIPELINE.spec, in_order=True))
    del world.marks[WEEKS[1]]
    with pytest.raises(YardError, match=f"no complete partition {WEEKS[1]}") as raised:
        backfill(HOME, replace(WISH, skip_missing=skip))
    assert raised.value.remedy == "Each builds on the one before it: load it, or choose a range without it."
    assert world.made == []


def test_partitions_that_may_go_live_go_one_at_a_time_unless_told_otherwise(world: World) -> None:
    wish = replace(WISH, conf={"release_backfill": True})
    backfill(HOME, wish)
    backfill(HOME, replace(wish, at_once=2))
    assert [made[3] for made in world.made] == [1, 2]


def test_ctrl_c_leaves_the_backfill_running_and_says_how_to_go_on(world: World, capsys: Any) -> None:
    world.interrupted = True
    with pytest.raises(SystemExit) as raised:
        backfill(HOME, WISH)
    assert raised.value.code == 130
    assert "Backfill 4 goes on." in capsys.readouterr().out
    assert world.ended == []


def test_stop_ends_what_waits_and_what_is_at_work(world: World) -> None:
    world.backfill, world.runs = ACTIVE, [run(WEEKS[0], "running"), run(WEEKS[1], "queued")]
    stop(HOME, "recommender")
    assert world.ended == ["backfill 3", f"run of {WEEKS[0]}"]
    with pytest.raises(YardError, match="No backfill of recommender is at work"):
        stop(HOME, "recommender")


def test_stop_ends_a_run_that_begins_while_it_looks(world: World) -> None:
    world.backfill, world.runs = ACTIVE, [run(WEEKS[0], "queued"), run(WEEKS[1], "queued")]
    world.begins_meanwhile = WEEKS[1]
    stop(HOME, "recommender")
    assert world.ended == ["backfill 3", f"run of {WEEKS[1]}"]
