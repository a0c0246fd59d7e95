import io
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainyard.errors import InputError
from trainyard.scoring import Scored, cut, lines_of, score


def upper(payload: bytes) -> bytes:
    return payload.upper()


def blocks(text: bytes, size: int) -> list[bytes]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@given(st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), st.integers(1, 40), st.booleans())
def test_the_pieces_are_the_whole_cut_at_line_ends_and_none_is_too_long(
    lines: list[bytes], size: int, ended: bool
) -> None:
    text = b"".join(line + b"\n" for line in lines)
    given_text = text if ended else text.removesuffix(b"\n")
    pieces = list(cut(blocks(given_text, size), 10))
    wanted = given_text + (b"" if not given_text or given_text.endswith(b"\n") else b"\n")
    assert b"".join(pieces) == wanted
    assert all(len(piece) <= 10 and piece.endswith(b"\n") for piece in pieces)


def test_a_line_that_no_request_can_hold_is_named() -> None:
    with pytest.raises(InputError, match="Line 3 is longer than the 5 bytes"):
        list(cut([b"1\n2\n345678\n"], 5))


def test_answers_come_in_the_order_of_the_lines_however_long_each_takes() -> None:
    def slow_first(payload: bytes) -> bytes:
        time.sleep(0.05 if payload == b"a\n" else 0)
        return payload.upper()

    answers = io.BytesIO()
    told: list[Scored] = []
    scored = score([b"a\nb\nc\nd"], answers, slow_first, payload_bytes=2, in_flight=3, told=told.append)
    assert answers.getvalue() == b"A\nB\nC\nD\n"
    assert scored == Scored(rows=4, requests=4, bytes=8) == told[-1]


def test_as_many_requests_are_under_way_as_asked_for_and_no_more() -> None:
    busy, most, lock, together = 0, 0, threading.Lock(), threading.Barrier(3)

    def counted(payload: bytes) -> bytes:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        together.wait(30)  # broken, and so an error, where fewer than three are under way
        with lock:
            busy -= 1
        return payload

    score([b"x\n" * 30], io.BytesIO(), counted, payload_bytes=2, in_flight=3)
    assert most == 3


def test_a_request_that_fails_ends_it_and_what_was_answered_before_stands() -> None:
    asked = []

    def fails_at_c(payload: bytes) -> bytes:
        asked.append(payload)
        if payload == b"c\n":
            raise ConnectionError("gone")
        return payload

    answers = io.BytesIO()
    with pytest.raises(ConnectionError, match="gone"):
        score([b"a\nb\nc\n" + b"d\n" * 50], answers, fails_at_c, payload_bytes=2, in_flight=2)
    assert answers.getvalue() == b"a\nb\n"
    assert len(asked) < 10


@pytest.mark.parametrize(
    ("answer", "rows", "lines"),
    [(b"1\n2\n", 2, b"1\n2\n"), (b"0.1,0.2,0.3", 3, b"0.1\n0.2\n0.3\n"), (b"[0.1,0.2]\n", 1, b"[0.1,0.2]\n")],
)
def test_an_answer_becomes_one_line_a_row(answer: bytes, rows: int, lines: bytes) -> None:
    assert lines_of(answer, rows, 0) == lines


@pytest.mark.parametrize("answer", [b"", b"1\n", b"1\n2\n3\n4\n", b"1,2"])
def test_an_answer_with_another_number_of_lines_is_refused(answer: bytes) -> None:
    with pytest.raises(InputError, match=r"lines 8 to 10 has \d lines instead of 3"):
        lines_of(answer, 3, 7)


def test_nothing_is_asked_for_an_empty_file() -> None:
    assert score([], io.BytesIO(), upper) == Scored()
