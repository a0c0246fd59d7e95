"""Days, weeks and months, by the clocks of a time zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trainyard.compute import require

_CRONS = {"daily": "0 0 * * *", "weekly": "0 0 * * MON", "monthly": "0 0 1 * *"}


@dataclass(frozen=True)
class Calendar:
    """How long a partition is, and whose midnight it begins at.

    ``Calendar.DAILY``, ``Calendar.WEEKLY`` and ``Calendar.MONTHLY`` are UTC's;
    ``Calendar.DAILY.in_timezone("Europe/Berlin")`` has local days, of 23 and 25 hours when the clock changes.

    Attributes:
        length: a day, a week that begins on Monday, or a month.
        timezone: the IANA name of a time zone.
    """

    length: Literal["daily", "weekly", "monthly"]
    timezone: str = "UTC"

    DAILY: ClassVar[Calendar]
    WEEKLY: ClassVar[Calendar]
    MONTHLY: ClassVar[Calendar]

    def __post_init__(self) -> None:
        require(self.length in _CRONS, "Calendar.length", f"{self.length!r} is none of {', '.join(_CRONS)}")
        try:
            ZoneInfo(self.timezone)
            known = True
        except (ZoneInfoNotFoundError, ValueError, OSError):
            known = False
        require(known, "Calendar.timezone", f"{self.timezone!r} is no IANA time zone, e.g. 'Europe/Berlin'")

    def in_timezone(self, timezone: str) -> Calendar:
        """Return the same calendar by the clocks of a time zone."""
        return replace(self, timezone=timezone)

    @property
    def cron(self) -> str:
        """When a partition ends and the next one begins, on the clocks of the time zone: the DAG's schedule."""
        return _CRONS[self.length]

    def start_of(self, day: date) -> date:
        """Return the first day of the partition that a day falls in."""
        if self.length == "weekly":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self.length == "monthly" else day

    def after(self, start: date) -> date:
        """Return the first day of the next partition."""
        if self.length == "monthly":
            return (start.replace(day=1) + timedelta(days=31)).replace(day=1)
        return start + timedelta(days=7 if self.length == "weekly" else 1)

    def day_of(self, instant: datetime) -> date:
        """Return the day that the clocks of the time zone show."""
        return instant.astimezone(ZoneInfo(self.timezone)).date()

    def instant(self, day: date) -> datetime:
        """Return when a day begins, in UTC.

        That is its midnight; the first of two, where the clock is put back over midnight; the change itself, where it
        is put forward over midnight.
        """
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.timezone))
        return midnight.astimezone(UTC)


Calendar.DAILY = Calendar("daily")
Calendar.WEEKLY = Calendar("weekly")
Calendar.MONTHLY = Calendar("monthly")
