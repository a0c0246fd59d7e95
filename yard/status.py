"""What is up, what ran last, what is live."""

from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from yard import live, processes, say, services
from yard.airflow_api import AirflowApi, moment
from yard.clients import Aws
from yard.home import Home, read_json
from yard.services import Running

_RUNS = 5


def status(home: Home) -> None:
    """Print it; without running services, at least the reports of earlier runs."""
    found = services.running(home)
    if found is None:
        say.line("Nothing is running; `make up` starts it.")
        _reports(home)
        return
    state = found.state()
    say.console.print(f"[bold]{escape(state['phase'])}[/]  since {_ago(state['created'])}")
    say.line(f"Airflow    {found.ui_url}{'  (by schedule, too)' if state.get('schedule') else ''}")
    say.line(f"local_aws  {found.endpoint_url}")
    say.console.print(_children(state.get("children", {})))
    if state["phase"] == "ready":
        _runs(found)
        _live(found)


def _children(children: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("service", "process", "restarts", "log"):
        table.add_column(title, header_style="dim")
    for name, child in children.items():
        process = processes.find(child)
        shown = str(process.pid) if process else "[red]gone[/]"
        table.add_row(name, shown, str(child.get("restarts", 0)), escape(str(child.get("log", ""))))
    return table


def _runs(found: Running) -> None:
    api = AirflowApi(found.ui_url)
    table = Table(box=None, pad_edge=False)
    for title in ("run", "state", "began", "took"):
        table.add_column(title, header_style="dim")
    for run in api.runs("~", _RUNS):
        began, ended = moment(run["start_date"]), moment(run["end_date"])
        took = say.seconds((ended - began).total_seconds()) if began and ended else ""
        name = f"{run['dag_id']} {run['dag_run_id']}"
        table.add_row(escape(name), str(run["state"]), f"{began:%Y-%m-%d %H:%M:%S}" if began else "", took)
    say.console.print(table if table.row_count else "No run yet.")


def _live(found: Running) -> None:
    endpoints = live.endpoints(Aws(found.endpoint_url))
    table = Table(box=None, pad_edge=False)
    for title in ("endpoint", "status", "version", "partition", "config"):
        table.add_column(title, header_style="dim")
    for item in endpoints:
        shown = (item.endpoint, item.status, item.model_version, item.partition, item.config)
        table.add_row(*(escape(text) for text in shown))
    say.console.print(table if endpoints else "Nothing is live.")


def _reports(home: Home) -> None:
    found = sorted(home.reports.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[:_RUNS]:
        report = read_json(path) or {}
        page = home.shown(path.with_suffix(".html"))
        say.line(f"{report.get('model')} of {report.get('partition')}: {report.get('state')}  {page}")


def _ago(created: float) -> str:
    since = datetime.fromtimestamp(created, UTC)
    return f"{since:%Y-%m-%d %H:%M:%S} UTC ({say.seconds((datetime.now(UTC) - since).total_seconds())})"
