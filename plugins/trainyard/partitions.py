"""Which slice of the data a run works on: one function for every way a run can begin.

Scheduled and backfilled runs carry a partition key. Runs by hand, by REST and by an asset may have neither a key nor a
logical date, so nothing in Trainyard reads ``ds``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trainyard.errors import PartitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from trainyard.calendars import Calendar

FIELD = "partition"  # the field of the form, and the name that an event's extra gives a partition

#: How Airflow writes the partition of a day, a week and a month: the default formats of CronPartitionTimetable, and of
#: StartOfDayMapper, StartOfWeekMapper and StartOfMonthMapper (3.3.2).
_KEY = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}| \(W\d{2}\))?", re.ASCII)
_MONTH_KEY = re.compile(r"\d{4}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Partition:
    """A slice of the data: from the beginning of ``start`` to just before that of ``end``, by the calendar's clocks.

    Its name is its first day, whatever the time zone. One partition ends at the instant at which the next begins, so
    that each row is in exactly one.
    """

    start: date
    end: date
    calendar: Calendar

    @classmethod
    def parse(cls, text: str, calendar: Calendar, who: str = "Partition") -> Partition:
        """Read ``YYYY-MM-DD``, which must be the first day of a partition.

        Args:
            text: the name.
            calendar: how long a partition is.
            who: whose word it is, for the error.

        Raises:
            PartitionError: when it is no date, or not the first day of a partition.
        """
        try:
            start = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - the name of a partition has no zone
        except ValueError:
            start = None
        if start is None or text != start.isoformat():
            raise PartitionError(f"{who} {_short(text)} is not a date. Write it as YYYY-MM-DD, e.g. 2026-02-02.")
        first = calendar.start_of(start)
        if start != first:
            raise PartitionError(
                f"{who} {text!r} is not the first day of a {calendar.length} partition: "
                f"that day belongs to {first.isoformat()}."
            )
        return cls.starting(start, calendar, who)

    @classmethod
    def parse_key(cls, key: str, calendar: Calendar, who: str = "Partition key") -> Partition:
        """Read a partition key as Airflow's timetables and mappers write it: it may name a time, a week, a month.

        Raises:
            PartitionError: see ``parse``.
        """
        if found := _KEY.fullmatch(key):
            return cls.parse(found[1], calendar, who)
        if calendar.length == "monthly" and _MONTH_KEY.fullmatch(key):
            return cls.parse(f"{key}-01", calendar, who)
        return cls.parse(key, calendar, who)

    @classmethod
    def starting(cls, start: date, calendar: Calendar, who: str = "Partition") -> Partition:
        """Return the partition that starts on a day.

        Raises:
            PartitionError: at the ends of Python's calendar, the years 1 and 9999.
        """
        try:
            found = cls(start, calendar.after(start), calendar)
            found.starts_at, found.ends_at  # noqa: B018 - both must be there
        except (OverflowError, ValueError):
            raise PartitionError(f"{who} {start.isoformat()} is outside of the calendar.") from None
        return found

    @property
    def starts_at(self) -> datetime:
        """The first instant of the partition, in UTC."""
        return self.calendar.instant(self.start)

    @property
    def ends_at(self) -> datetime:
        """The first instant that is no more of the partition, in UTC."""
        return self.calendar.instant(self.end)

    @property
    def bounds(self) -> tuple[str, str]:
        """Both instants as SQL compares a ``timestamp`` with them, whose values are UTC's: ``>=`` the first, ``<`` the
        second. Dates where days are UTC's; else dates with a time, also where it happens to be midnight.
        """
        if self.calendar.timezone == "UTC":
            return self.start.isoformat(), self.end.isoformat()
        start, end = (instant.replace(tzinfo=None).isoformat(sep=" ") for instant in (self.starts_at, self.ends_at))
        return start, end

    def __str__(self) -> str:
        return self.start.isoformat()


def resolve(
    calendar: Calendar,
    now: datetime,
    *,
    partition_key: str | None = None,
    form: str | None = None,
    named: Iterable[str] = (),
    data_interval_start: datetime | None = None,
    newest: str | None = None,
) -> Partition:
    """Decide the partition of a run: the first of these that is there.

    Args:
        calendar: how long a partition is.
        now: the current time; a partition that begins later has no data yet.
        partition_key: Airflow's partition key of the run: schedule, backfill, asset, REST.
        form: what the person wrote into the trigger form.
        named: what the events name that started the run; see ``named_by``.
        data_interval_start: of a run by hand for a logical date; any instant of the partition will do.
        newest: the newest complete partition.

    Raises:
        PartitionError: for a malformed or future partition, when key and form contradict each other, when the events
            name several partitions, or when there is no complete partition at all.
    """
    written = Partition.parse(form, calendar, f"Field '{FIELD}':") if form else None
    if partition_key:
        partition = _agreed(Partition.parse_key(partition_key, calendar, "The run's partition key"), written)
    elif written:
        partition = written
    elif events := {Partition.parse_key(name, calendar, "The event's partition") for name in named}:
        partition = _only(events)
    elif data_interval_start is not None:
        partition = Partition.starting(calendar.start_of(calendar.day_of(data_interval_start)), calendar)
    elif newest:
        partition = Partition.parse_key(newest, calendar, "The newest partition of the warehouse,")
    else:
        raise PartitionError("No partition of the source is complete yet: load one, or name one in the form.")
    return _begun(partition, calendar.day_of(now), f"Field '{FIELD}':" if written else "Partition")


def _agreed(partition: Partition, written: Partition | None) -> Partition:
    """Return the partition of the run's key, unless the form says another one."""
    if written and written != partition:
        raise PartitionError(
            f"Field '{FIELD}' says {written}, but the run is for partition {partition}. Leave the field empty."
        )
    return partition


def _begun(partition: Partition, today: date, who: str) -> Partition:
    """Return the partition, unless it begins later than today."""
    if partition.start > today:
        zone = partition.calendar.timezone
        raise PartitionError(f"{who} {partition} lies in the future: today is {today} ({zone}).")
    return partition


def named_by(extra: Mapping[str, Any] | None, partition_key: str | None = None) -> list[str]:
    """Return what an asset's event names as its partition, each way it does: a task's extra, a watcher's, the key.

    Args:
        extra: of the event. A task writes ``partition`` into it; what a watcher's trigger says is its ``payload``.
        partition_key: of the event.

    Raises:
        PartitionError: when a partition is not named by a text.
    """
    told = dict(extra or {})
    payload = told.get("payload")
    found = [told.get(FIELD), payload.get(FIELD) if isinstance(payload, dict) else None, partition_key]
    names = [name for name in found if name is not None]
    for name in names:
        if not isinstance(name, str):
            raise PartitionError(f"The event's partition {_short(name)} is not a date. Write it as YYYY-MM-DD.")
    return names


def _only(partitions: set[Partition]) -> Partition:
    if len(partitions) > 1:
        told = ", ".join(sorted(map(str, partitions)))
        raise PartitionError(
            f"The events that started this run name several partitions: {told}. A run works on one: trigger a run for "
            f"each, with the field '{FIELD}'."
        )
    return next(iter(partitions))


def _short(value: object) -> str:
    """Return what somebody wrote, as far as a log should repeat it."""
    told = repr(value) if not isinstance(value, str) or len(value) <= 40 else f"{value[:40]!r}..."
    return told if len(told) <= 200 else f"{told[:200]}..."
