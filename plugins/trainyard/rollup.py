"""Several days as one: which days a partition is made of, and their UNLOADs read as a single one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.run import Run


def days_of(run: Run) -> tuple[str, ...]:
    """Return the days of a run's partition, YYYY-MM-DD, the first one first."""
    first, end = date.fromisoformat(run.partition), date.fromisoformat(run.partition_end)
    return tuple((first + timedelta(days=n)).isoformat() for n in range((end - first).days))


def merged(dataset: str, days: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return Redshift's verbose manifests of several UNLOADs as the manifest of all their files.

    Args:
        dataset: its name; told in the error.
        days: by day, what ``UNLOAD ... MANIFEST VERBOSE`` left. A day without rows may have left nothing: leave it out.

    Raises:
        InputError: when no day has any, or when a column was added, renamed or retyped between two of them: their rows
            cannot be read as one table.
    """
    if not days:
        raise InputError(f"No day of the partition has any row of {dataset!r}: nothing can be learned from it.")
    (first, told), *others = days.items()
    schema = _columns(told)
    for day, other in others:
        if _columns(other) != schema:
            changed = sorted(set(_columns(other)) ^ set(schema)) or ["their order"]
            raise InputError(
                f"The columns of {dataset!r} are not the same on {first} and on {day}: {changed[0]}. Remedy: build the "
                "days before the change again, with the SQL of today."
            )
    entries = [entry for day in days.values() for entry in day["entries"]]
    rows = sum(int(entry["meta"]["record_count"]) for entry in entries)
    size = sum(int(entry["meta"]["content_length"]) for entry in entries)
    return {"entries": entries, "schema": told["schema"], "meta": {"record_count": rows, "content_length": size}}


def _columns(told: Mapping[str, Any]) -> list[str]:
    return [f"{column['name']} ({column['type']['base']})" for column in told["schema"]["elements"]]
