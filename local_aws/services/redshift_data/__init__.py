"""Redshift's Data API on DuckDB: SQL translated by sqlglot, UNLOAD and COPY with their real options and files."""

from local_aws.services.redshift_data.service import RedshiftData
from local_aws.world import World


def build(world: World) -> RedshiftData:
    """The service for one world."""
    return RedshiftData(world)
