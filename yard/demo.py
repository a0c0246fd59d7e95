"""The whole road once: from raw interactions to an endpoint that answers, on this machine."""

from concurrent.futures import Future
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

import pandas as pd

from yard import interactions, loading, say
from yard.errors import YardError
from yard.generate import generate
from yard.home import Home
from yard.report import Report
from yard.run import run
from yard.session import Session, opened, publish

MODELS = ("recommender",)
#: The made-up shop: about the size of MovieLens 1M, half a year of it.
_SHOP = {"rows": 1_000_000, "users": 6_000, "items": 3_500, "weeks": 26, "seed": 42}


def demo(home: Home, model: str, data: Path | None, *, keep_up: bool) -> Report:
    """Start what is not running, load data, run the model's DAG for the newest week, report, and end it again.

    :param data: a file of interactions; by default a made-up shop.
    :param keep_up: leave the services running.
    :raises YardError: naming what went wrong.
    """
    if model not in MODELS:
        raise YardError(f"There is no demo of a model {model!r}.", f"There is one of: {', '.join(MODELS)}.")
    began = datetime.now(UTC)
    # A file is checked before anything is started; a shop is made up while the services start.
    frame = _read(data) if data else None
    home.make()
    made_up = None if data else _in_background(home)
    with opened(home, keep_up=keep_up) as session:
        publish(session)
        if frame is None:
            frame = _made_up(made_up)
        loaded = load(session, frame, replace=True)
        user = str(frame["user_id"].dropna().iloc[-1])
        report = run(session, model, {}, began=began, loaded=loaded, user=user)
        _farewell(session, keep_up)
    return report


def load(session: Session, frame: pd.DataFrame, *, replace: bool) -> loading.Loaded:
    """Bring interactions into the warehouse and say so.

    :param replace: whether they are all that the table shall hold.
    """
    with say.step("Loading the warehouse") as details:
        loaded = loading.load(session.aws, session.outputs, frame, replace=replace)
        details.append(f"{loaded.rows:,} rows in {loaded.weeks} weeks, the newest from {loaded.newest}")
    return loaded


def made_up_shop(home: Home, today: date) -> pd.DataFrame:
    """The interactions of a made-up shop until the last Sunday; kept, so that the next demo need not make them again.

    :param today: the current date in UTC.
    """
    end = loading.monday(today)
    name = "-".join(str(value) for value in _SHOP.values())
    path = home.data / f"shop-{name}-{end}.parquet"
    if path.exists():
        return interactions.read(path)
    frame = generate(end=end, **_SHOP)
    temporary = path.with_suffix(".partial")
    try:
        frame.to_parquet(temporary, index=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return interactions.read(path)


def _read(path: Path) -> pd.DataFrame:
    with say.step(f"Reading {path}") as details:
        frame = interactions.read(path)
        details.append(f"{len(frame):,} rows")
    return frame


def _in_background(home: Home) -> "Future[pd.DataFrame]":
    """Make up the shop in a thread that does not keep the command alive when it is interrupted."""
    future: Future[pd.DataFrame] = Future()

    def work() -> None:
        try:
            future.set_result(made_up_shop(home, datetime.now(UTC).date()))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, name="shop", daemon=True).start()
    return future


def _made_up(future: "Future[pd.DataFrame] | None") -> pd.DataFrame:
    if future is None:
        raise ValueError("neither a file nor a made-up shop")
    if future.done():
        return future.result()
    with say.step("Making up a shop's interactions"):
        return future.result()


def _farewell(session: Session, keep_up: bool) -> None:
    if session.ours and not keep_up:
        say.line("`make up` leaves Airflow's UI running, with this run and its logs in it; `make down` ends it.")
    else:
        say.line(f"Airflow's UI is at {session.services.ui_url}; `make down` ends it.")
