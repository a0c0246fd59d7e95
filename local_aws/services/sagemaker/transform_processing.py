"""DataProcessing of a batch transform job: what of a record the model gets, and what of both is kept.

A record is a line: a row of a CSV as a list of texts, or a JSON value; without SplitType a JSON file is one record.
"""

import csv
import io
import json
from typing import Any

from local_aws.services.sagemaker.checks import invalid
from local_aws.services.sagemaker.transform_filters import BadFilter, Filter, NoMatch, parse
from local_aws.services.sagemaker.transform_payloads import Payload
from local_aws.state import Record

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
_FORMATS = (CSV, JSON, LINES)
_FIELD_LIMIT = 2**31 - 1  # a payload is smaller; Python's own limit is 128 KiB


class BadRecord(Exception):
    """A record that cannot be filtered or joined; the message names its line."""


class Processing:
    """The filters and the join of one job.

    :raises AwsError: ``ValidationException`` for filters that are none, and for formats they do not work on.
    """

    def __init__(self, job: Record) -> None:
        given = job.get("DataProcessing", {})
        source, target = job["TransformInput"], job["TransformOutput"]
        self._join = given.get("JoinSource", "None") == "Input"
        self._by_line = source.get("SplitType", "None") == "Line"
        self._in, self._out = _format(source.get("ContentType")), _format(target.get("Accept"))
        self._input = _filter("InputFilter", given.get("InputFilter", "$"), self._in)
        joined = self._in if self._join else self._out
        self._output = _filter("OutputFilter", given.get("OutputFilter", "$"), joined)
        csv.field_size_limit(_FIELD_LIMIT)
        self._check(self._by_line, target.get("AssembleWith") == "Line")

    def sent(self, payload: Payload) -> bytes:
        """What the model gets of a payload.

        :raises BadRecord: when a record is not of the format, or the filter names what it has not.
        """
        if self._input.passes_all:
            return payload.body
        records = _read(payload.body, self._in, "input", payload.line, by_line=self._by_line)
        return _write([self._of(self._input, record, line) for line, record in records], self._in)

    def kept(self, payload: Payload, answer: bytes) -> bytes:
        """What is written for a payload that got this answer.

        :raises BadRecord: as above, and when there is not one answer for each record.
        """
        if self._join:
            return self._joined(payload, answer)
        if self._output.passes_all:
            return answer
        records = _read(answer, self._out, "output", payload.line, by_line=self._out != JSON)
        return _write([self._of(self._output, record, line) for line, record in records], self._out)

    def _joined(self, payload: Payload, answer: bytes) -> bytes:
        given = _read(payload.body, self._in, "input", payload.line, by_line=self._by_line)
        whole = len(given) == 1 and self._out == JSON
        answers = _read(answer, self._out, "output", payload.line, by_line=not whole)
        if len(given) != len(answers):
            raise BadRecord(
                "Fail to join data: mismatched line count with the input and the output: "
                f"{len(given)} records from line {payload.line} on got {len(answers)} answers"
            )
        together = _row_and_answer if self._in == CSV else _object_and_answer
        pairs = zip(given, answers, strict=True)
        kept = [self._of(self._output, together(record, told), line) for (line, record), (_, told) in pairs]
        return _write(kept, self._in)

    def _of(self, wanted: Filter, record: Any, line: int) -> Any:
        try:
            return wanted.of(record)
        except NoMatch as error:
            raise BadRecord(f"line {line}: {wanted.path}: {error}") from error

    def _check(self, by_line: bool, assembled: bool) -> None:
        reads = self._join or not self._input.passes_all
        writes = self._join or not self._output.passes_all
        if (reads and not self._in) or (writes and not self._out):
            raise invalid(
                "DataProcessing needs ContentType, and Accept where the output is joined or filtered, to be one of "
                f"{', '.join(_FORMATS)}."
            )
        if self._join and (self._in == CSV) != (self._out == CSV):
            raise invalid(f"Input of {self._in} cannot be joined with output of {self._out}: both must be CSV or JSON.")
        if (reads and self._in == CSV and not by_line) or (writes and self._out == CSV and not assembled):
            raise invalid("DataProcessing of text/csv needs SplitType Line and AssembleWith Line.")


def _format(content_type: str | None) -> str:
    """The format's content type without its parameters; empty for one that cannot be filtered."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind if kind in _FORMATS else ""


def _filter(member: str, path: str, content_type: str) -> Filter:
    try:
        return parse(path, content_type or JSON)
    except BadFilter as error:
        raise invalid(f'Invalid {member}: "{path}". {error}.') from error


def _read(body: bytes, kind: str, side: str, first: int, *, by_line: bool) -> list[tuple[int, Any]]:
    """The records of a body with the lines on which they stand; empty lines are none."""
    text = body.decode("utf-8", "surrogateescape")
    if not by_line:
        return [(first, _json(text, side, first))]
    lines = text.split("\n")
    if kind == CSV and '"' not in text:
        # The commas are all separators: several times as fast, and most files are like that.
        return [(at, line.removesuffix("\r").split(",")) for at, line in enumerate(lines, first) if line.strip("\r")]
    if kind == CSV:
        return _rows(lines, side, first)
    return [(first + at, _json(line, side, first + at)) for at, line in enumerate(lines) if line.strip()]


def _rows(lines: list[str], side: str, first: int) -> list[tuple[int, Any]]:
    reader = csv.reader((line.removesuffix("\r") for line in lines), strict=True)
    rows, before = [], 0
    try:
        for row in reader:
            if reader.line_num > before + 1:
                raise BadRecord(f"line {first + before}: a quoted field of the {side} holds a line end")
            if row:
                rows.append((first + before, row))
            before = reader.line_num
    except csv.Error as error:
        raise BadRecord(f"line {first + before}: Failed to parse {side} as CSV: {error}") from error
    return rows


def _json(text: str, side: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRecord(f"line {line}: Failed to parse {side} as JSON: {error}") from error


def _row_and_answer(record: Any, answer: Any) -> Any:
    return [*record, *answer]


def _object_and_answer(record: Any, answer: Any) -> Any:
    if isinstance(record, dict):
        return {**record, "SageMakerOutput": answer}
    return {"SageMakerInput": record, "SageMakerOutput": answer}


def _write(records: list[Any], kind: str) -> bytes:
    text = _csv(records) if kind == CSV else _json_lines(records)
    return text.encode("utf-8", "surrogateescape")


def _csv(records: list[Any]) -> str:
    rows = [record if isinstance(record, list) else [record] for record in records]
    lines = [",".join(row) for row in rows]
    plain = "".join(f"{line}\n" for line in lines)
    separators = sum(map(len, rows)) - len(rows)
    if plain.count(",") == separators and plain.count("\n") == len(rows) and all(lines) and '"' not in plain:
        return plain
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _json_lines(records: list[Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
