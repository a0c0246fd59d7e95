"""DataProcessing record by record, without a job around it."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.errors import AwsError
from local_aws.services.sagemaker.transform_payloads import Payload
from local_aws.services.sagemaker.transform_processing import BadRecord, Processing


def processing(content_type: str, accept: str | None = None, by_line: bool = True, **given: str) -> Processing:
    split, assembled = ("Line", "Line") if by_line else ("None", "None")
    source: dict[str, Any] = {"ContentType": content_type, "SplitType": split}
    target = {"Accept": accept or content_type, "AssembleWith": assembled}
    return Processing({"DataProcessing": given, "TransformInput": source, "TransformOutput": target})


def test_what_has_no_effect_changes_no_byte() -> None:
    body = b'"a", 1\r\n\n\xff,2'
    plain = processing("text/csv", InputFilter="$", JoinSource="None", OutputFilter="$")
    assert plain.sent(Payload(1, body)) == body
    assert plain.kept(Payload(1, body), b"\xfe\n") == b"\xfe\n"


def test_quotes_stand_only_where_they_are_needed() -> None:
    body = b'"id","1,5","say ""x""",,\xe9\r\n'
    assert processing("text/csv", InputFilter="$[1:]").sent(Payload(1, body)) == b'"1,5","say ""x""",,\xe9\n'


def test_empty_lines_are_no_records() -> None:
    joins = processing("text/csv", JoinSource="Input")
    assert joins.kept(Payload(1, b"a,1\n\nb,2\n"), b"0.5\n0.25\n") == b"a,1,0.5\nb,2,0.25\n"


def test_an_answer_too_few_is_told() -> None:
    joins = processing("text/csv", JoinSource="Input")
    with pytest.raises(BadRecord, match=r"Fail to join data: mismatched line count .* 2 records from line 7 on got 1"):
        joins.kept(Payload(7, b"a,1\nb,2\n"), b"0.5,0.25\n")


def test_a_whole_json_file_is_one_record() -> None:
    joins = processing("application/json", by_line=False, InputFilter="$.key", JoinSource="Input")
    payload = Payload(1, b'{\n "key": 1\n}\n')
    assert joins.sent(payload) == b"1\n"
    assert joins.kept(payload, b'{"label":\n 1}') == b'{"key":1,"SageMakerOutput":{"label":1}}\n'


def test_input_that_is_no_object_gets_an_object_around_it() -> None:
    joins = processing("application/jsonlines", JoinSource="Input")
    assert joins.kept(Payload(1, b"[1]\n"), b"0.5\n") == b'{"SageMakerInput":[1],"SageMakerOutput":0.5}\n'


def test_answers_are_filtered_without_a_join_too() -> None:
    filters = processing("text/csv", "application/json", OutputFilter="$['class']")
    assert filters.kept(Payload(1, b"1,2\n"), b'{"class": "a", "score": 1}') == b'"a"\n'


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=6)


@given(st.lists(st.lists(FIELD, min_size=2, max_size=4), min_size=1, max_size=8))
def test_what_a_row_says_is_kept_whatever_needs_quotes(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    joins = processing("text/csv", InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]")
    payload = Payload(1, text.getvalue().encode())
    sent = list(csv.reader(io.StringIO(joins.sent(payload).decode(), newline="")))
    assert sent == [row[1:] for row in rows]
    kept = list(csv.reader(io.StringIO(joins.kept(payload, b"0.5\n" * len(rows)).decode(), newline="")))
    assert kept == [[row[0], "0.5"] for row in rows]


@pytest.mark.parametrize(
    ("body", "told"), [(b"{}\nnope\n", "line 4: Failed to parse input as JSON"), (b"{}\n[]\n", r"line 4: \$.key")]
)
def test_a_record_of_another_kind_is_named_by_its_line(body: bytes, told: str) -> None:
    filters = processing("application/jsonlines", InputFilter="$.key")
    with pytest.raises(BadRecord, match=told):
        filters.sent(Payload(3, body.replace(b"{}", b'{"key": 1}')))


@pytest.mark.parametrize(
    ("content_type", "accept", "by_line", "given"),
    [
        ("text/csv", "text/csv", False, {"InputFilter": "$[1:]"}),
        ("text/csv", "application/json", True, {"JoinSource": "Input"}),
        ("application/x-image", "text/csv", True, {"InputFilter": "$[1:]"}),
        ("text/csv", "application/x-image", True, {"OutputFilter": "$[1:]"}),
    ],
)
def test_formats_that_cannot_be_processed_are_refused(
    content_type: str, accept: str, by_line: bool, given: dict[str, str]
) -> None:
    with pytest.raises(AwsError, match=r"DataProcessing|joined"):
        processing(content_type, accept, by_line, **given)
