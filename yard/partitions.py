"""``yard status MODEL``: the ledger, a row a partition: what ran last, which result counts, and what is live of it."""

import json
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from yard import live, say
from yard.backfill import pipeline
from yard.backfill.history import History, Ledger
from yard.errors import YardError
from yard.home import Home
from yard.session import attach

_STYLES = {"complete": "green", "failed": "red", "running": "cyan", "empty": "yellow", "unchanged": "dim"}
#: Without ``--partitions``: as many of the newest ones.
_NEWEST = 12


def partitions(home: Home, dag_id: str, *, everything: bool, as_json: bool) -> None:
    """Print what the ledger knows of a DAG's partitions.

    :param everything: all of them, not the newest alone.
    :param as_json: every record of every one of them, for a program.
    :raises YardError: when nothing is up, there is no such DAG, or it has not run yet.
    """
    session = attach(home)
    described = pipeline.read(session, dag_id)
    ledger = Ledger(session.aws, session.bucket, described.spec.name, dag_id)
    names = ledger.partitions()
    if not names:
        raise YardError(f"The ledger of {dag_id} has no record yet.", f"`yard run {dag_id}`")
    histories = ledger.read(names if everything or as_json else names[-_NEWEST:])
    if as_json:
        print(json.dumps({name: told(history) for name, history in histories.items()}, indent=1))  # noqa: T201 - for a program: no colour, no wrapping
        return
    found = live.describe(session.aws, described.spec.serving.endpoint)
    say.console.print(table(histories, described.spec.gate.metric, found.model_package if found else ""))
    if len(histories) < len(names):
        say.line(f"The newest {len(histories)} of {len(names)} partitions; --partitions shows all.")


def told(history: History) -> dict[str, Any]:
    """A partition's history as JSON has it."""
    current = history.current
    return {"current": current and current.run_id, "runs": [asdict(record) for record in history.records]}


def table(histories: dict[str, History], metric: str, package: str) -> Table:
    """A row for each partition.

    :param metric: the one that the gate decides by.
    :param package: the model package that is live.
    """
    found = Table(box=None, pad_edge=False)
    titles = ("partition", "result", "of", "by run", "code", metric, "version", "released", "runs", "last run")
    for title in titles:
        found.add_column(title, header_style="dim", overflow="fold")
    for name, history in sorted(histories.items()):
        found.add_row(name, *_row(history, metric, package))
    return found


def _row(history: History, metric: str, package: str) -> list[Text | str]:
    last, current = history.last, history.current
    runs = str(len(history.records))
    latest = Text(last.outcome, _STYLES.get(last.outcome, "")) if last else Text("")
    if current is None:
        return [Text("none", "dim"), "", "", "", "", "", _went(history, package), runs, latest]
    value = current.metrics.get(metric)
    return [
        Text(current.outcome, _STYLES.get(current.outcome, "")),
        current.ended_at[:16].replace("T", " "),
        current.run_id,
        current.code_version,
        "" if value is None else f"{value:.4f}",
        "" if current.model_version is None else str(current.model_version),
        _went(history, package),
        runs,
        latest,
    ]


def _went(history: History, package: str) -> str:
    """What is live of a partition: its result, or what another run of it made."""
    current = history.current
    if package and current and current.model_package == package:
        return "live"
    if package and (live := [record for record in history.records if record.model_package == package]):
        return f"live: v{live[0].model_version}"
    return "" if current is None else "was live" if current.released else "no"
