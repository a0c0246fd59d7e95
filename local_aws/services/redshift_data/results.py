"""Results on disk, in the pages that GetStatementResult hands out; they survive a restart."""

import csv
import io
import json
import math
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.types import RedshiftType

#: A page ends at whichever comes first.
PAGE_ROWS = 1000
PAGE_BYTES = 1 << 20
#: The Data API's largest result.
LARGEST_RESULT = 500 << 20
_INTEGERS = ("int2", "int4", "int8")
_FLOATS = ("float4", "float8")


class Results:
    """All results under one folder, one folder each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def writer(self, statement_id: str, result_format: str) -> "ResultWriter":
        """Where the rows of a statement go."""
        return ResultWriter(self._place(statement_id), result_format)

    def page(self, statement_id: str, number: int) -> dict[str, Any] | None:
        """A page, counted from 0, as GetStatementResult shows it; None if there is no such page."""
        folder = self._place(statement_id)
        if not (folder / "about.json").is_file():
            return None
        about: dict[str, Any] = json.loads((folder / "about.json").read_text())
        if not 0 <= number < about["pages"]:
            return None
        return {**about, "Records": json.loads((folder / f"{number}.json").read_text())}

    def forget(self, statement_id: str) -> None:
        """Remove the results of a statement and of its sub-statements."""
        for folder in self._folder.glob(f"{statement_id}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _place(self, statement_id: str) -> Path:
        return self._folder / statement_id.replace(":", ".")


class ResultWriter:
    """Writes one result page by page; nothing of it can be read before it is whole."""

    def __init__(self, folder: Path, result_format: str) -> None:
        self._folder = folder
        self._csv = result_format == "CSV"
        self._pages = 0
        self._total = 0
        self._size = 0

    def write(self, columns: list[tuple[str, RedshiftType]], batches: Iterator[list[tuple[Any, ...]]]) -> int:
        """Keep the rows; their size in bytes.

        :raises RedshiftError: for more than the Data API returns.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        fields = [_field(kind) for _, kind in columns]
        page: list[str] = [self._header(columns)] if self._csv else []
        rows, size = 0, 0
        for batch in batches:
            for row in batch:
                record = self._record(row, fields)
                page.append(record)
                rows, size = rows + 1, size + len(record)
                if rows == PAGE_ROWS or size >= PAGE_BYTES:
                    self._keep(page, rows, size)
                    page, rows, size = [], 0, 0
        if rows or not self._pages:
            self._keep(page, rows, size)
        about = {"ColumnMetadata": [_metadata(name, kind) for name, kind in columns], "TotalNumRows": self._total,
                 "pages": self._pages, "ResultFormat": "CSV" if self._csv else "JSON"}  # fmt: skip
        (self._folder / "about.json").write_text(json.dumps(about))
        return self._size

    def _header(self, columns: list[tuple[str, RedshiftType]]) -> str:
        return _csv_line([name for name, _ in columns])

    def _record(self, row: tuple[Any, ...], fields: list[Callable[[Any], dict[str, Any]]]) -> str:
        shown = [field(value) for field, value in zip(fields, row, strict=True)]
        if self._csv:
            return _csv_line(["" if "isNull" in value else next(iter(value.values())) for value in shown])
        return json.dumps(shown, ensure_ascii=False)

    def _keep(self, page: list[str], rows: int, size: int) -> None:
        self._size += size
        if self._size > LARGEST_RESULT:
            raise RedshiftError(
                "The query result is larger than 500 MB, the most that the Data API returns; use UNLOAD"
            )
        text = json.dumps([{"CSVRecords": "".join(page)}]) if self._csv else f"[{','.join(page)}]"
        (self._folder / f"{self._pages}.json").write_text(text, encoding="utf-8")
        self._pages += 1
        self._total += rows


def _csv_line(values: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(values)
    return line.getvalue()


def _field(kind: RedshiftType) -> Callable[[Any], dict[str, Any]]:
    """How a column's values are shown: the member of Field, by the column's type."""
    if kind.name in _INTEGERS:
        return lambda value: {"isNull": True} if value is None else {"longValue": int(value)}
    if kind.name in _FLOATS:
        return _float
    if kind.name == "bool":
        return lambda value: {"isNull": True} if value is None else {"booleanValue": value}
    return lambda value: {"isNull": True} if value is None else {"stringValue": shown_text(value)}


def _float(value: float | None) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    # JSON has no word for these.
    return {"doubleValue": value} if math.isfinite(value) else {"stringValue": str(value)}


def shown_text(value: object) -> str:
    """A value as Redshift prints it."""
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
        fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return text + fraction + ("+00" if value.tzinfo else "")
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else str(value)


def _metadata(name: str, kind: RedshiftType) -> dict[str, Any]:
    return {
        "isCaseSensitive": kind.is_text, "isCurrency": False,
        "isSigned": kind.name in (*_INTEGERS, *_FLOATS, "numeric"), "label": name, "length": 0, "name": name,
        "nullable": 1, "precision": kind.shown_precision, "scale": kind.shown_scale, "schemaName": "", "tableName": "",
        "typeName": kind.name,
    }  # fmt: skip
