"""A file of rows that a person brings, CSV or Parquet: found, opened, and refused with a sentence that helps."""

import csv
import io
import lzma
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from yard.errors import YardError

_SEPARATORS = ",;\t|"
#: Where the first line of a text ends at the latest.
_HEADER_BYTES = 65_536
_CHUNK = 1 << 20
_UNREADABLE = (OSError, EOFError, ValueError, csv.Error, lzma.LZMAError, pa.ArrowException)


@dataclass(frozen=True)
class File:
    """A file whose column names are known.

    :param separator: between the fields of a CSV; empty for Parquet.
    :param wanted: a sentence: what a file must be like.
    """

    path: Path
    names: list[str]
    separator: str
    wanted: str

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Some of the columns, in this order: a CSV's all as texts, where only the empty field is missing.

        :raises YardError: when a column is missing, when a line has another number of fields than the header, when
            there are no rows, and when the file is broken.
        """
        missing = [column for column in columns if column not in self.names]
        if missing:
            raise self._lacking(missing, none=len(missing) == len(columns))
        try:
            found = self._csv(columns) if self.separator else pq.read_table(self.path, columns=list(columns))
        except _UNREADABLE as error:
            raise self.unreadable(error) from error
        if not found.num_rows:
            raise YardError(f"{self.path} holds no rows.", self.wanted)
        return found.select(columns)

    def wrong(self, row: int, column: str, what: str, remedy: str = "") -> YardError:
        """The error that names a place in the file.

        :param row: by place, the first being 0; told as one counts in the file: a CSV's header is row 1.
        """
        return YardError(f"{self.path}, row {self.row(row)}, column {column}: {what}.", remedy)

    def row(self, place: int) -> int:
        """How a row is called in the file."""
        return place + 2 if self.separator else place

    def unreadable(self, error: Exception) -> YardError:
        """The error of a file that is broken or no table at all."""
        return YardError(f"{self.path} cannot be read: {str(error).rstrip('.')}.", self.wanted)

    def _csv(self, columns: Sequence[str]) -> pa.Table:
        _check_quotes(self.path, self.separator)
        with _opened(self.path) as stream:
            return pa_csv.read_csv(
                stream,
                read_options=pa_csv.ReadOptions(use_threads=False),  # only then does an error name its row
                parse_options=pa_csv.ParseOptions(delimiter=self.separator, newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict.fromkeys(columns, pa.string()),
                    null_values=[""],  # someone called "NA" or "null" is someone
                    strings_can_be_null=True,
                ),
            )

    def _lacking(self, missing: Sequence[str], *, none: bool) -> YardError:
        header = " Is the first line a header?" if none and self.separator else ""
        has = ", ".join(self.names)
        return YardError(f"{self.path} lacks the column {', '.join(missing)}; it has {has}.{header}", self.wanted)


def inspect(path: Path, known: Collection[str], wanted: str) -> File:
    """Open a file by its content, and find out what its columns are called.

    :param known: names of columns: the separator of a CSV is the one that cuts most of them out of its first line.
    :param wanted: a sentence: what a file must be like.
    :raises YardError: when there is no such file, it cannot be read, or two columns have the same name.
    """
    if not path.is_file():
        raise YardError(f"There is no file {path}.", wanted)
    found = File(path, [], "", wanted)
    try:
        if _is_parquet(path):
            found = File(path, list(pq.read_schema(path).names), "", wanted)
        else:
            line = _first_line(path)
            cut = {separator: next(csv.reader([line], delimiter=separator)) for separator in _SEPARATORS}
            best = max(_SEPARATORS, key=lambda separator: len(set(cut[separator]) & set(known)))
            found = File(path, cut[best], best, wanted)
    except _UNREADABLE as error:
        raise found.unreadable(error) from error
    twice = sorted({name for name in found.names if found.names.count(name) > 1} & set(known))
    if twice:
        raise YardError(f"{path} has more than one column {', '.join(twice)}.", wanted)
    return found


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _first_line(path: Path) -> str:
    with _opened(path) as stream:
        line, _, _ = bytes(stream.read(_HEADER_BYTES)).partition(b"\n")
    if not line.strip():
        raise ValueError("its first line is empty")
    return line.decode("utf-8-sig").rstrip("\r")


def _check_quotes(path: Path, separator: str) -> None:
    """Refuse a quote that nothing closes: Arrow would take all that follows for its text."""
    with _opened(path) as stream:
        if not any(b'"' in chunk for chunk in iter(lambda: bytes(stream.read(_CHUNK)), b"")):
            return
    row = 1
    with _opened(path) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, "utf-8-sig", newline=""), delimiter=separator, strict=True)
        try:
            for row, _ in enumerate(reader, 2):  # noqa: B007 - the row after the last good one is the one that is bad
                pass
        except csv.Error as error:
            raise ValueError(f"row {row}: {error}") from error


def _opened(path: Path) -> Any:
    """The bytes of a file, unpacked where its name says that it is packed."""
    return lzma.open(path) if path.suffix == ".xz" else pa.input_stream(str(path))
