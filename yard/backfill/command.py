"""``yard backfill``: plan, ask, start or take up, follow."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import typer

from yard import say
from yard.backfill import marks, pipeline, tell
from yard.backfill.airflow import Backfill, Backfills
from yard.backfill.estimate import estimate
from yard.backfill.history import Ledger
from yard.backfill.pipeline import Pipeline
from yard.backfill.plan import Known, Plan, Redo, partitions, plan
from yard.backfill.watch import follow
from yard.errors import Interrupted, YardError
from yard.home import Home
from yard.session import Session, attach

_MOST_AT_ONCE = 16
_DEFAULT_POOL = "default_pool"


@dataclass(frozen=True)
class Wish:
    """What a person asked for.

    :param conf: fields of the form for every run.
    :param at_once: how many partitions at a time; None for as many as machine and pools bear.
    :param skip_missing: leave partitions out that the source does not have.
    :param yes: do not ask before starting.
    """

    dag_id: str
    first: str
    last: str
    redo: Redo = Redo.NOTHING
    conf: Mapping[str, Any] = field(default_factory=dict)
    at_once: int | None = None
    skip_missing: bool = False
    dry_run: bool = False
    yes: bool = False


def backfill(home: Home, wish: Wish) -> None:
    """Bring a range of partitions to a result each.

    :raises YardError: when something is refused, or a partition failed.
    """
    session = attach(home)
    api = Backfills(session.airflow().ui_url)
    described = pipeline.read(session, wish.dag_id)
    ledger = Ledger(session.aws, session.bucket, described.spec.name, wish.dag_id)
    names = partitions(
        described.spec.calendar, wish.first, wish.last, described.spec.calendar.day_of(datetime.now(UTC))
    )
    _check_form(described, wish)
    rebuilt: set[str] = set()
    if not wish.dry_run and (active := _active(api, wish)):
        _follow(session, api, wish, active, ledger, names)
        rebuilt = {name for name in names if _rebuilt(active, wish, name)}
    made, at_once = _planned(session, api, described, names, wish, ledger, rebuilt), _at_once(api, described, wish)
    if wish.dry_run or not made.wanted:
        say.line("Nothing was started." if made.wanted else f"Nothing to do. {tell.advice(made)}".strip())
        return
    _refuse_holes(made, wish, in_order=described.spec.in_order)
    if not wish.yes and say.console.is_terminal and not typer.confirm("Start it?"):
        say.line("Nothing was started.")
        return
    started = _start(api, made, wish, at_once)
    _follow(session, api, wish, started, ledger, names)


def _planned(
    session: Session,
    api: Backfills,
    described: Pipeline,
    names: list[str],
    wish: Wish,
    ledger: Ledger,
    rebuilt: Collection[str],
) -> Plan:
    """Make the plan and show it, with its price."""
    with say.step(f"Reading the ledger and the source of {wish.dag_id}"):
        histories, active = ledger.read(names), api.at_work(wish.dag_id)
        now = marks.marks(session, described, names, wish.conf)
    known = {
        name: Known(histories[name].current, histories[name].last, now.get(name), active.get(name, ""))
        for name in names
    }
    made = plan(names, known, wish.redo, rebuilt)
    tell.show(made)
    if made.wanted:
        api.rehearse(wish.dag_id, made.wanted, _conf(made, wish))
        before = [history.current for history in histories.values() if history.current] or ledger.newest()
        at_once = _at_once(api, described, wish)
        tune = bool(wish.conf.get("tune"))
        tell.price(estimate(described, before, len(made.wanted), at_once, tune=tune), at_once)
    if not described.trains:
        say.note(f"{wish.dag_id} trains nothing: each partition is scored by what is live now.")
    return made


def _check_form(described: Pipeline, wish: Wish) -> None:
    for name in wish.conf:
        if name not in described.form or name in ("partition", "only", "rebuild"):
            raise YardError(f"--set {name}: no field of the form of {wish.dag_id} that a backfill may set.",
                            f"It has: {', '.join(sorted(described.form))}.")  # fmt: skip


def _active(api: Backfills, wish: Wish) -> Backfill | None:
    """The backfill that is at work on just what is asked for; one that has ended is closed.

    :raises YardError: when another one is at work.
    """
    active = api.active(wish.dag_id)
    if active is None:
        return None
    runs = api.of_backfill(wish.dag_id, active)
    if runs and all(run.is_over for run in runs):
        api.cancel(active)
        return None
    if wish.first <= active.first and active.last <= wish.last and _same(active, wish):
        say.note(f"Backfill {active.id} of {wish.dag_id}, {active.first} to {active.last}, is at work: taking it up.")
        api.wait_for_runs(wish.dag_id, active)
        return active
    raise YardError(
        f"Backfill {active.id} of {wish.dag_id}, {active.first} to {active.last}, is at work; there can be one a DAG.",
        f"`yard backfill {wish.dag_id} --from {active.first} --to {active.last}` follows it, "
        f"`yard backfill {wish.dag_id} --stop` ends it.",
    )


def _same(active: Backfill, wish: Wish) -> bool:
    return not wish.conf or active.form == dict(wish.conf)


def _rebuilt(active: Backfill, wish: Wish, name: str) -> bool:
    """Whether the backfill that was taken up has just rebuilt a partition as it is asked for; a plan cannot tell."""
    asked = wish.redo is Redo.ALL and active.form == dict(wish.conf)
    return asked and bool(active.conf.get("rebuild")) and active.holds(name)


def _refuse_holes(made: Plan, wish: Wish, *, in_order: bool) -> None:
    if made.missing and (in_order or not wish.skip_missing):
        told = ", ".join(made.missing[:10]) + (f" and {len(made.missing) - 10} more" if len(made.missing) > 10 else "")
        remedy = (
            "Each builds on the one before it: load it, or choose a range without it."
            if in_order
            else "Load it, or leave it out: --skip-missing."
        )
        raise YardError(f"The source has no complete partition {told}.", remedy)


def _at_once(api: Backfills, described: Pipeline, wish: Wish) -> int:
    """As many as the machine has cores, and as the smallest pool has slots that a step of the model waits for.

    One where they may go live: each is compared with what is live by then.

    :raises YardError: when partitions that build on each other are wanted at the same time.
    """
    spec = described.spec
    if spec.in_order:
        if (wish.at_once or 1) > 1:
            raise YardError(f"Partitions of {wish.dag_id} build on each other: one at a time.", "Leave --at-once out.")
        return 1
    if wish.at_once is not None:
        return wish.at_once
    if wish.conf.get("release_backfill"):
        return 1
    names = {compute.pool for compute in (spec.spark.compute, spec.training.compute, spec.evaluation,
                                          spec.serving.scoring)} - {_DEFAULT_POOL}  # fmt: skip
    slots = [size for name, size in api.pools().items() if name in names and size > 0]
    return max(1, min([_MOST_AT_ONCE, os.cpu_count() or 1, *slots]))


def _start(api: Backfills, made: Plan, wish: Wish, at_once: int) -> Backfill:
    wanted = made.wanted
    with say.step(f"Starting the backfill of {wish.dag_id}") as details:
        api.unpause(wish.dag_id)
        started = api.create(wish.dag_id, wanted[0], wanted[-1], _conf(made, wish), at_once)
        api.wait_for_runs(wish.dag_id, started)
        details.append(f"number {started.id}, {say.count(len(wanted), 'partition')}, {at_once} at once")
    say.line(f"{api.ui_url}/dags/{wish.dag_id}/backfills")
    return started


def _conf(made: Plan, wish: Wish) -> dict[str, Any]:
    """The form of every run."""
    again = {"rebuild": True} if wish.redo is Redo.ALL else {}
    return {**wish.conf, **again, **({"only": made.wanted} if made.wanted != made.between else {})}


def _follow(
    session: Session, api: Backfills, wish: Wish, active: Backfill, ledger: Ledger, names: Sequence[str]
) -> None:
    try:
        follow(session, api, wish.dag_id, active, ledger, [name for name in names if active.holds(name)])
    except Interrupted as error:
        say.note(f"Backfill {active.id} goes on. The same command follows it again; "
                 f"`yard backfill {wish.dag_id} --stop` ends it.")  # fmt: skip
        raise SystemExit(error.exit_code) from None


def stop(home: Home, dag_id: str) -> None:
    """End the backfill of a DAG: what waits never begins, what is at work ends with its jobs.

    :raises YardError: when there is none.
    """
    session = attach(home)
    api = Backfills(session.airflow().ui_url)
    active = api.active(dag_id)
    if active is None:
        raise YardError(f"No backfill of {dag_id} is at work.")
    api.cancel(active)
    working = [run for run in api.of_backfill(dag_id, active) if run.state == "running"]  # none begins any more
    for run in working:
        api.end_run(dag_id, run.run_id, f"Ended with backfill {active.id}.")
    say.done(f"Backfill {active.id} has ended, and with it what was at work: {say.count(len(working), 'run')}.")
