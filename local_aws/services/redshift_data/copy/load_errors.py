"""A row that cannot be loaded, as stl_load_errors and sys_load_error_detail tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.plan import Column

#: Redshift's codes of load errors that occur here (Database Developer Guide, "Load error reference").
DELIMITER_NOT_FOUND = (1214, "Delimiter not found")
EXTRA_COLUMNS = (1202, "Extra column(s) found")
TOO_LONG = (1204, "String length exceeds DDL length")
MISSING = (1213, "Missing data for not-null field")
BAD_ENCODING = (1220, "String contains invalid or unsupported UTF8 codepoints")
BAD_LINE = (1216, "Invalid input line")
#: How many errors a failed load keeps and shows.
KEPT = 20


@dataclass(frozen=True)
class LoadError:
    """One fault.

    :param line: counted from 1, headers included; 0 where a format has no lines.
    :param column: None if the fault is the line's as a whole.
    """

    uri: str
    line: int
    column: Column | None
    raw_line: str
    value: str | None
    code: int
    reason: str

    def told(self) -> str:
        """One line for the statement's Error."""
        place = f"{self.uri}, line {self.line}" if self.line else self.uri
        if self.column is not None:
            place += f", column {self.column.name} {self.column.type.catalog}"
        shown = f"; value {self.value[:100]!r}" if self.value is not None else f"; line {self.raw_line[:200]!r}"
        return f"Detail: {place}: {self.reason}{shown} (error {self.code})"

    def logged(self, query_id: int, table: str) -> tuple[Any, ...]:
        """A row of the system table."""
        column, kind = self.column, self.column.type if self.column else None
        now = datetime.now(UTC).replace(tzinfo=None)
        return (
            query_id, table, now, self.uri, self.line, column.name if column else "", kind.base if kind else "",
            str(kind.length or "") if kind else "", 0, self.raw_line[:1024], (self.value or "")[:1024], self.code,
            self.reason,
        )  # fmt: skip


def load_failed(table: str, errors: Sequence[LoadError]) -> RedshiftError:
    """The error of a COPY that met more faults than MAXERROR allows."""
    return RedshiftError(
        f"Load into table '{table}' failed. Check 'sys_load_error_detail' system table for details.",
        details=tuple(error.told() for error in errors[:KEPT]),
    )
