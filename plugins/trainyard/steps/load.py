"""load: what was dropped goes into the warehouse, a partition whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Asset, AssetWatcher, Param

from trainyard.operators.landing import FindDropsOperator, LoadOperator
from trainyard.triggers.landing import LandingTrigger

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.landing import Landings


def landing_asset() -> Asset:
    """Return the asset that has an event for everything that is dropped whole below ``landing/``."""
    return Asset(name="landing", uri="x-trainyard://landing", watchers=[AssetWatcher("landing", LandingTrigger())])


def landing_form(landings: Landings) -> dict[str, Param]:
    """Return the form of the DAG that loads: for a run by hand, what to load again."""
    return {
        "table": Param(None, type=["null", "string"], enum=[None, *(table.table for table in landings.tables)],
                       title="Table", section="What", description="To load it again. Both empty: what waits."),
        "partition": Param(None, type=["null", "string"], format="date", title="Partition", section="What",
                           description="First day of the partition, YYYY-MM-DD: what lies below landing/ for it."),
    }  # fmt: skip


def find_drops(landings: Landings) -> XComArg:
    """Name what this run loads.

    Returns a list, one item a partition: ``table``, ``partition``, ``refused`` (why it cannot be loaded).
    The XCom ``rest`` is the number of events that are left to the next run.
    """
    return FindDropsOperator(task_id="find_drops", landings=landings).output


def load(landings: Landings, drops: XComArg) -> None:
    """Load each drop in one transaction, which replaces exactly its partition; one task instance a drop.

    What is loaded is the partition's one file, or the folder that has its mark: whichever was put later.

    Returns ``table``, ``partition``, ``rows``, ``files``, ``manifest``, ``statement`` (id), ``seconds``.
    """
    LoadOperator.partial(task_id="load", landings=landings).expand(inputs=drops)
