"""What there is a demo of: for each model the data to load, made up or a person's own, and what is known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from yard.errors import YardError
from yard.home import Home
from yard.leads import generate as leads_generate
from yard.leads import read as leads_read
from yard.leads import truth
from yard.leads.table import LEADS
from yard.loading import monday
from yard.shop import generate as shop_generate
from yard.shop import read as shop_read
from yard.shop.table import INTERACTIONS
from yard.tables import Table


def _nothing(_: pd.DataFrame) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Demo:
    """The data of a model's demo.

    :param table: where it lies in the warehouse.
    :param read: a person's file.
    :param generate: made-up data until a Monday.
    :param sizes: how much is made up, and from which seed: what ``generate`` takes beside its end.
    :param called: the made-up data, in a sentence.
    :param known: what is known of made-up data, for the report.
    :param request: what to ask the endpoint where the run did not ask itself; empty for nothing.
    :param image: of the containers that learn and serve: local_aws makes its environment meanwhile.
    """

    table: Table
    read: Callable[[Path], pd.DataFrame]
    generate: Callable[..., pd.DataFrame]
    sizes: Mapping[str, int]
    called: str
    image: str
    known: Callable[[pd.DataFrame], dict[str, Any]] = field(default=_nothing)
    request: Callable[[pd.DataFrame], dict[str, Any]] = field(default=_nothing)


DEMOS = {
    "recommender": Demo(
        table=INTERACTIONS,
        read=shop_read.read,
        generate=shop_generate.generate,
        # About the size of MovieLens 1M, half a year of it.
        sizes={"rows": 1_000_000, "users": 6_000, "items": 3_500, "weeks": 26, "seed": 42},
        called="a shop's interactions",
        image="pytorch",
        request=lambda frame: {"user": str(frame["user_id"].dropna().iloc[-1]), "k": 5},
    ),
    "lead_scoring": Demo(
        table=LEADS,
        read=leads_read.read,
        generate=leads_generate.generate,
        sizes={"rows": 60_000, "weeks": 26, "seed": 42},
        called="a marketing team's leads",
        image="xgboost-3.0",
        known=lambda frame: {"best attainable AUC": truth.best_auc(frame)},
    ),
}


def find(model: str) -> Demo:
    """The demo of a model.

    :raises YardError: when there is none.
    """
    if model not in DEMOS:
        raise YardError(
            f"There is no demo of a model {model!r}.",
            f"There is one of: {', '.join(DEMOS)}. Rows of another model go into its own table by COPY: "
            "docs/add-a-model.md shows it.",
        )
    return DEMOS[model]


def made_up(home: Home, demo: Demo, today: date) -> pd.DataFrame:
    """Data until the last Sunday; kept, so that the next demo need not make it again.

    :param today: the current date in UTC.
    """
    end = monday(today)
    size = "-".join(str(value) for value in demo.sizes.values())
    path = home.data / f"{demo.table.schema}-{size}-{end}.parquet"
    if path.exists():
        return demo.read(path)
    frame = demo.generate(end=end, **demo.sizes)
    temporary = path.with_suffix(".partial")
    try:
        frame.to_parquet(temporary, index=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return demo.read(path)
