"""Every function of Redshift's that works here; see :data:`FUNCTIONS`."""

from local_aws.services.redshift_data.sql.functions import aggregates, dates, formats, text
from local_aws.services.redshift_data.sql.functions.registry import FUNCTIONS, MACROS, call, typed

__all__ = ["FUNCTIONS", "MACROS", "aggregates", "call", "dates", "formats", "supported", "text", "typed"]


def supported() -> list[str]:
    """The names of all functions that statements may call, in order."""
    with_grammar = ("CAST", "CONVERT", "EXTRACT", "POSITION", "SUBSTRING", "SYSDATE", "TRIM")
    return sorted({*FUNCTIONS, *aggregates.NAMES, *with_grammar})
