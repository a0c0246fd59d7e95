"""What the DAG ``sweep`` found, as a table: jobs, clusters and files that belong to no live task."""

import time
from typing import Any

from rich.markup import escape
from rich.table import Table

from yard import say
from yard.airflow_api import RUN_ENDED, AirflowApi
from yard.errors import RunFailed
from yard.home import Home
from yard.run import start
from yard.session import attach

DAG = "sweep"


def sweep(home: Home, *, stop: bool, minutes: int, days: int, keep: int) -> None:
    """Run the DAG and show what it found.

    :raises YardError: when nothing is up, or the run does not end well.
    """
    session = attach(home)
    api = session.airflow()
    run_id = start(session, api, DAG, {"stop": stop, "minutes": minutes, "days": days, "keep": keep})
    with say.step("Looking at the account", "Looked at the account"):
        state = _ended(api, run_id)
    if state != "success":
        raise RunFailed(f"The sweep ended as {state}.", f"See {api.run_page(DAG, run_id)}")
    found = api.result(DAG, run_id, DAG) or []
    show(found, stop=stop)
    if any(item["done"].startswith("could not") for item in found):
        raise RunFailed(
            "Not everything could be stopped.", f"The reasons are above, and at {api.run_page(DAG, run_id)}"
        )


def show(found: list[dict[str, Any]], *, stop: bool) -> None:
    """Print what was found, what it costs, and what to do next."""
    if not found:
        say.done("Nothing is left over: all that runs belongs to a task that lives.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("what", "name", "since (UTC)", "$ an hour", "$ so far", "why", "done"):
        table.add_column(title, header_style="dim", overflow="fold")
    for item in found:
        price = (f"{item['hourly']:.2f}", f"{item['spent']:.2f}") if "hourly" in item else _stored(item)
        since = str(item.get("since", "")).replace("T", " ")[:16]
        told = (item["kind"], item["name"], since, *price, item["why"], item["done"])
        table.add_row(*(escape(text) for text in told))
    say.console.print(table)
    known = [item["hourly"] for item in found if "hourly" in item]
    say.line(f"{len(found)} left over; {sum(known):.2f} $ an hour at list prices, as far as they are known.")
    if not stop:
        say.line("Nothing was touched. `yard sweep --stop` ends and deletes what is told to be.")


def _stored(item: dict[str, Any]) -> tuple[str, str]:
    return (f"{item['monthly']:.4f} a month", "") if "monthly" in item else ("unknown", "")


def _ended(api: AirflowApi, run_id: str) -> str:
    while (state := str(api.run(DAG, run_id)["state"])) not in RUN_ENDED:
        time.sleep(0.5)
    return state
