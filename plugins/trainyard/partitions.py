"""Which slice of the data a run works on: one function for every way a run can begin.

Scheduled and backfilled runs carry a partition key. Runs by hand, by REST and by an asset may have neither a key nor a
logical date, so nothing in Trainyard reads ``ds``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from trainyard.errors import PartitionError


class Calendar(Enum):
    """How long a partition is. A week begins on Monday; dates are UTC's."""

    DAILY = 1
    WEEKLY = 7

    def start_of(self, day: date) -> date:
        """Return the first day of the partition that a day falls in."""
        return day if self is Calendar.DAILY else day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Partition:
    """A slice of the data: from ``start`` to just before ``end``."""

    start: date
    end: date

    @classmethod
    def parse(cls, text: str, calendar: Calendar) -> Partition:
        """Read ``YYYY-MM-DD``, which must be the first day of a partition.

        Raises:
            PartitionError: when it is no date, or not the first day of a partition.
        """
        try:
            start = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone; partitions are UTC's
        except ValueError:
            raise PartitionError(
                f"Partition {text!r} is not a date. Write it as YYYY-MM-DD, e.g. 2026-02-02."
            ) from None
        first = calendar.start_of(start)
        if start != first or text != start.isoformat():
            raise PartitionError(
                f"Partition {text!r} is not the first day of a {calendar.name.lower()} partition: "
                f"that day belongs to {first.isoformat()}."
            )
        return cls.starting(start, calendar)

    @classmethod
    def starting(cls, start: date, calendar: Calendar) -> Partition:
        """Return the partition that starts on a day."""
        return cls(start, start + timedelta(days=calendar.value))

    def __str__(self) -> str:
        return self.start.isoformat()


def resolve(
    calendar: Calendar,
    today: date,
    *,
    partition_key: str | None = None,
    form: str | None = None,
    data_interval_start: datetime | None = None,
    newest: str | None = None,
) -> Partition:
    """Decide the partition of a run: the first of these that is there.

    Args:
        calendar: how long a partition is.
        today: the current date in UTC; a partition that begins later has no data yet.
        partition_key: Airflow's partition key of the run: schedule, backfill, asset, REST.
        form: what the person wrote into the trigger form.
        data_interval_start: of a run by hand for a logical date; any day of the partition will do.
        newest: the newest complete partition.

    Raises:
        PartitionError: for a malformed or future partition, when key and form contradict each other, or when there is
            no complete partition at all.
    """
    if partition_key and form and partition_key != form:
        raise PartitionError(
            f"The run is for partition {partition_key} but its form says {form}. Leave the form's partition empty."
        )
    if chosen := partition_key or form:
        partition = Partition.parse(chosen, calendar)
    elif data_interval_start is not None:
        partition = Partition.starting(calendar.start_of(data_interval_start.date()), calendar)
    elif newest:
        partition = Partition.parse(newest, calendar)
    else:
        raise PartitionError("No partition of the source is complete yet: load one, or name one in the form.")
    if partition.start > today:
        raise PartitionError(f"Partition {partition} lies in the future: today is {today.isoformat()} (UTC).")
    return partition
