"""Loads into the warehouse what others drop below `landing/` in the bucket. A partition is replaced whole, in one
transaction that also calls it complete, so that the pipelines that wait for it go on.

* **On its own**: seconds after `landing/shop.interactions/2026-02-02.parquet` was put, or, where a partition is several
  files, after `landing/shop.interactions/2026-02-02/_SUCCESS`. The same event twice, or an older one later, is ignored.
* **By hand**: *Trigger* with a table and a partition: what lies there now is loaded again. With neither: what waits.
* **Again**: drop it again. The partition is then newer than what was made from it, and `yard backfill --redo changed`
  makes that anew. *Clear* a load to repeat it.
* **Past partitions**: there is nothing to backfill, they may be dropped in any order. `airflow backfill create --dag-id
  landing` has nothing to do.
* **Thousands at once**: 500 a run; one that leaves some starts the next by its task `start_next`.
* **Failures**: a key with an odd name, a table that is not listed here, a row of another partition. Each fails its own
  load and leaves the table as it is; the others go on.
"""

from datetime import UTC, datetime

from airflow.sdk import dag

from trainyard import steps
from trainyard.landing import Landing, Landings

TABLES = Landings("landed", (
    Landing("shop.interactions", time="occurred_at", partitions="shop.partitions"),
))  # fmt: skip


@dag(
    schedule=[steps.landing_asset()],
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    max_active_runs=1,
    default_args=steps.DEFAULTS,
    params=steps.landing_form(TABLES),
    doc_md=__doc__,
    tags=["loading", TABLES.name],
)
def landing() -> None:
    drops = steps.find_drops(TABLES)
    steps.load(TABLES, drops)
    steps.start_next(drops)


landing()
