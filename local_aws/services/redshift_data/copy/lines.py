"""Delimited text that the engine's CSV reader does not read, line by line in Python: ESCAPE, REMOVEQUOTES, FIXEDWIDTH.

Also where a record stands in its file, which is asked for only once something is wrong with it.
"""

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from local_aws.services.redshift_data.copy import load_errors
from local_aws.services.redshift_data.copy.options import CopyOptions
from local_aws.services.redshift_data.copy.sources import SourceFile
from local_aws.services.redshift_data.errors import RedshiftError


@dataclass(frozen=True)
class Record:
    """One record: the line it begins on, its text, its fields; or why it is none."""

    line: int
    raw: str
    fields: list[str]
    fault: tuple[int, str] | None = None


def records(file: SourceFile, options: CopyOptions, width: int) -> Iterator[Record]:
    """The records of a text file.

    :param width: how many fields a record has.
    """
    with io.TextIOWrapper(io.BufferedReader(file.open()), encoding="utf-8-sig", newline="\n") as text:
        try:
            for record in _read(text, options):
                if record.line > options.header_lines and record.raw.strip("\r\n"):
                    yield _checked(record, options, width)
        except UnicodeDecodeError as error:
            code, reason = load_errors.BAD_ENCODING
            raise RedshiftError(reason, details=(f"Detail: {file.uri}: {error} (error {code})",)) from error


def _read(text: io.TextIOWrapper, options: CopyOptions) -> Iterator[Record]:
    if options.fixed_width:
        return _fixed(text, options.fixed_width)
    return _delimited(text, options)


def _fixed(text: io.TextIOWrapper, spec: str) -> Iterator[Record]:
    widths = [int(part.rpartition(":")[2]) for part in spec.split(",")]
    edges = list(itertools.accumulate(widths, initial=0))
    for number, line in enumerate(text, 1):
        body = line.rstrip("\r\n")
        yield Record(number, line, [body[a:b].strip() for a, b in itertools.pairwise(edges)])


def _delimited(text: io.TextIOWrapper, options: CopyOptions) -> Iterator[Record]:
    """Split at the delimiter. With ESCAPE, a backslash before the end of a line makes the next line part of it."""
    raw, start = "", 1
    for number, line in enumerate(text, 1):
        raw += line
        if options.escape and _ends_escaped(line):
            continue
        body = raw.removesuffix("\n").removesuffix("\r")
        yield Record(start, raw, list(_fields(body, options)))
        raw, start = "", number + 1
    if raw:
        yield Record(start, raw, list(_fields(raw, options)))


def _ends_escaped(line: str) -> bool:
    body = line.removesuffix("\n")
    return body != line and (len(body) - len(body.rstrip("\\"))) % 2 == 1


def _fields(body: str, options: CopyOptions) -> Iterator[str]:
    position = 0
    while True:
        quoted = options.remove_quotes and body[position : position + 1] in ("'", '"') and body[position : position + 1]
        value, position = _field(body, position + bool(quoted), options, quoted or "")
        yield value
        if position >= len(body):
            return
        position += 1


def _field(body: str, position: int, options: CopyOptions, quote: str) -> tuple[str, int]:
    """One field, and where its delimiter stands. A quote that is not closed is part of the value."""
    start, value = position, ""
    while position < len(body):
        character = body[position]
        if character == "\\" and options.escape and position + 1 < len(body):
            kept = body[position + 1]
            # The default NULL string works with ESCAPE as it does without.
            value += "\\N" if kept == "N" and not value else kept
            position += 2
        elif quote and character == quote and body[position + 1 : position + 2] in ("", options.separator):
            return value, position + 1
        elif not quote and character == options.separator:
            return value, position
        else:
            value += character
            position += 1
    return _field(body, start - 1, options, "") if quote else (value, position)


def _checked(record: Record, options: CopyOptions, width: int) -> Record:
    count = len(record.fields)
    if count == width or (options.fill_record and count < width):
        return Record(record.line, record.raw, record.fields + [""] * (width - count))
    fault = load_errors.DELIMITER_NOT_FOUND if count < width else load_errors.EXTRA_COLUMNS
    return Record(record.line, record.raw, record.fields, fault)


def locate(file: SourceFile, options: CopyOptions, width: int, wanted: int) -> tuple[int, str]:
    """The line and the text of the record that the engine's reader counted as ``wanted``, from 1.

    Reads the file anew up to it. A quoted field may hold line ends, so records and lines are counted apart.
    """
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if options.format == "CSV" else csv.QUOTE_NONE
    opened = io.BufferedReader(file.open())
    with io.TextIOWrapper(opened, encoding="utf-8-sig", errors="replace", newline="") as text:
        for _ in range(options.header_lines):
            text.readline()
        reader = csv.reader(text, delimiter=options.separator, quotechar=options.quote, quoting=quoting)
        before, counted = 0, 0
        for row in reader:
            if row and (len(row) == width or (options.fill_record and len(row) < width)):
                counted += 1
            if counted == wanted:
                return options.header_lines + before + 1, options.separator.join(row)
            before = reader.line_num
    return 0, ""
