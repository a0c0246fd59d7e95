"""What was dropped into the warehouse: COPY, as one transaction that replaces exactly one partition and says so.

A reader sees the former rows of the partition or the new ones, never both, none or some; and whoever waits for the
partition sees it complete when its rows are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.owners import sign
from trainyard.partitions import Partition
from trainyard.requests.unload import quoted

if TYPE_CHECKING:
    from trainyard.job import Job
    from trainyard.landing import Landing

INSERT = 4  # where the statement stands whose rows are the partition's
_FORMAT = {
    "parquet": "FORMAT AS PARQUET",
    "csv": "FORMAT AS CSV IGNOREHEADER 1 TIMEFORMAT 'auto'",
    "csv.gz": "FORMAT AS CSV GZIP IGNOREHEADER 1 TIMEFORMAT 'auto'",
}


def statements(job: Job, landing: Landing, manifest: str) -> list[str]:
    """Return the transaction, in order. Nothing in it is a parameter: the Data API's batches know none.

    Args:
        job: the load.
        landing: the table; it has checked its names.
        manifest: the URI of COPY's manifest of the files.
    """
    table, marks, time = landing.table, landing.partitions, landing.time
    partition = Partition.parse(job.run.partition, landing.calendar)
    start, end = (quoted(bound) for bound in partition.bounds)
    day = quoted(job.run.partition)
    incoming = f"incoming_{job.place.token.replace('-', '_')}"  # a temporary table: it goes with the session
    inside = f"COUNT(*) = COUNT(CASE WHEN {time} >= {start} AND {time} < {end} THEN 1 END)"
    return [
        f"CREATE TEMP TABLE {incoming} (LIKE {table})",
        f"COPY {incoming} FROM {quoted(manifest)} IAM_ROLE {quoted(job.settings.roles.redshift)} "
        f"MANIFEST {_FORMAT[landing.format]}",
        # A number divided by zero ends the transaction: SQL has no other way to say "this must be so".
        f"SELECT 1 / CASE WHEN {inside} THEN 1 ELSE 0 END AS every_row_is_of_the_partition FROM {incoming}",  # noqa: S608 - Landing checks the names
        f"DELETE FROM {table} WHERE {time} >= {start} AND {time} < {end}",  # noqa: S608 - Landing checks the names
        f"INSERT INTO {table} SELECT * FROM {incoming}",  # noqa: S608 - Landing checks the names
        f"DELETE FROM {marks} WHERE table_name = {quoted(table)} AND partition_start = {day}",  # noqa: S608 - Landing checks the names
        f"INSERT INTO {marks} SELECT {quoted(table)}, CAST({day} AS date), COUNT(*), GETDATE() FROM {incoming}",  # noqa: S608 - Landing checks the names
    ]


def load(job: Job, landing: Landing, manifest: str) -> dict[str, Any]:
    """Return the BatchExecuteStatement of the transaction; see ``statements``."""
    sqls = statements(job, landing, manifest)
    sqls[0] = f"/* {sign(job.tags)} */ {sqls[0]}"
    return {**job.settings.warehouse.target(), "Sqls": sqls}
