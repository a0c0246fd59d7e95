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
    with file.open() as opened:
        text = io.TextIOWrapper(io.BufferedReader(opened), encoding="utf-8-sig", newline="\n")
        try:
            for record in _read(text, options):
                if record.line > options.header_lines and record.raw.strip("\r\n"):
                    yield _checked(record, options, width)
        except UnicodeDecodeError as error:
            raise RedshiftError(
                load_errors.BAD_ENCODING[1],
                details=(f"Detail: {file.uri}: {error} (error {load_errors.BAD_ENCODING[0]})",),
            ) from error


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
    """Split at the delimiter; a backslash keeps the character after it, quotes around a field fall away."""
    line_number, start, fields, field, raw = 0, 1, list[str](), "", ""
    for line in text:
        line_number += 1
        raw += line
        body = line.rstrip("\n").removesuffix("\r") if not line.endswith("\\\n") else line
        position, goes_on = 0, False
        while position < len(body):
            character = body[position]
            if character == "\\" and options.escape and position + 1 < len(body):
                kept = body[position + 1]
                goes_on = kept == "\n"
                field += "\\N" if kept == "N" and not field else kept
                position += 2
            elif options.remove_quotes and not field and character in "\"'":
                field, position = _quoted(body, position, options)
            elif character == options.separator:
                fields, field = [*fields, field], ""
                position += 1
            else:
                field += character
                position += 1
        if goes_on:
            continue
        yield Record(start, raw, [*fields, field])
        start, fields, field, raw = line_number + 1, [], "", ""


def _quoted(body: str, position: int, options: CopyOptions) -> tuple[str, int]:
    """A field in quotes from its opening quote; without a closing one, the text as it stands."""
    quote, text, at = body[position], "", position + 1
    while at < len(body):
        if body[at] == "\\" and options.escape and at + 1 < len(body):
            text += body[at + 1]
            at += 2
        elif body[at] == quote and (at + 1 == len(body) or body[at + 1] == options.separator):
            return text, at + 1
        else:
            text += body[at]
            at += 1
    return body[position:], len(body)


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
    with file.open() as opened:
        text = io.TextIOWrapper(io.BufferedReader(opened), encoding="utf-8-sig", errors="replace", newline="")
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
