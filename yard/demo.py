"""The whole road once: from raw data to an endpoint that answers, on this machine."""

from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pandas as pd

from yard import demos, loading, say
from yard.demos import Demo
from yard.home import Home
from yard.report import Report
from yard.run import run
from yard.session import Session, opened, publish


def demo(home: Home, model: str, data: Path | None, *, keep_up: bool) -> Report:
    """Start what is not running, load data, run the model's DAG for the newest week, report, and end it again.

    :param data: a person's file; by default the data is made up.
    :param keep_up: leave the services running.
    :raises YardError: naming what went wrong.
    """
    chosen = demos.find(model)
    began = datetime.now(UTC)
    # A file is checked before anything is started; data is made up while the services start.
    frame = _read(chosen, data) if data else None
    home.make()
    made_up = None if data else _in_background(home, chosen)
    with opened(home, keep_up=keep_up, images=(chosen.image,)) as session:
        publish(session)
        known = {}
        if frame is None:
            frame = _made_up(made_up, chosen)
            known = chosen.known(frame)
        loaded = load(session, chosen, frame, replace=True)
        facts = {"rows": loaded.rows, "weeks": loaded.weeks, "newest week": str(loaded.newest), **known}
        asked = chosen.request(frame)
        report = run(session, model, {}, began=began, newest=loaded.newest, loaded=facts, request=asked)
        _farewell(session, keep_up)
    return report


def load(session: Session, chosen: Demo, frame: pd.DataFrame, *, replace: bool) -> loading.Loaded:
    """Bring a model's data into the warehouse and say so.

    :param replace: whether it is all that the table shall hold.
    """
    with say.step("Loading the warehouse") as details:
        loaded = loading.load(session.aws, session.outputs, chosen.table, frame, replace=replace)
        details.append(f"{loaded.rows:,} rows in {loaded.weeks} weeks, the newest from {loaded.newest}")
    return loaded


def _read(chosen: Demo, path: Path) -> pd.DataFrame:
    with say.step(f"Reading {path}") as details:
        frame = chosen.read(path)
        details.append(f"{len(frame):,} rows")
    return frame


def _in_background(home: Home, chosen: Demo) -> "Future[pd.DataFrame]":
    """Make up the data in a thread that does not keep the command alive when it is interrupted."""
    future: Future[pd.DataFrame] = Future()

    def work() -> None:
        try:
            future.set_result(demos.made_up(home, chosen, datetime.now(UTC).date()))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, name="made-up", daemon=True).start()
    return future


def _made_up(future: "Future[pd.DataFrame] | None", chosen: Demo) -> pd.DataFrame:
    if future is None:
        raise ValueError("neither a file nor made-up data")
    if future.done():
        return future.result()
    with say.step(f"Making up {chosen.called}"):
        return future.result()


def _farewell(session: Session, keep_up: bool) -> None:
    if session.ours and not keep_up:
        say.line("`make up` leaves Airflow's UI running, with this run and its logs in it; `make down` ends it.")
    else:
        say.line(f"Airflow's UI is at {session.services.ui_url}; `make down` ends it.")
