"""Cutting input into requests."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.services.sagemaker.transform_payloads import PayloadTooLarge, payloads


def cut(content: bytes, split: str, strategy: str, limit: int) -> list[bytes]:
    return [payload.body for payload in payloads(io.BytesIO(content), split, strategy, limit)]


def test_as_many_whole_lines_as_fit_make_a_request() -> None:
    assert cut(b"aa\nbb\ncc\nd", "Line", "MultiRecord", 6) == [b"aa\nbb\n", b"cc\nd"]


def test_single_lines_lose_their_ends() -> None:
    assert cut(b"aa\r\nbb\n\nc", "Line", "SingleRecord", 4) == [b"aa", b"bb", b"", b"c"]


def test_a_file_that_is_not_split_is_one_request() -> None:
    assert cut(b"a\nb\n", "None", "MultiRecord", 4) == [b"a\nb\n"]


@pytest.mark.parametrize(
    ("split", "strategy"), [("None", "MultiRecord"), ("Line", "MultiRecord"), ("Line", "SingleRecord")]
)
def test_what_may_not_be_split_further_is_refused(split: str, strategy: str) -> None:
    assert cut(b"aaaa", split, strategy, 4) == [b"aaaa"]
    with pytest.raises(PayloadTooLarge):
        cut(b"aaaaa", split, strategy, 4)


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_a_record_that_is_too_large_is_named_by_its_line(strategy: str) -> None:
    with pytest.raises(PayloadTooLarge, match=r"^line 4: the record exceeds the maximum payload of 6 bytes"):
        cut(b"aa\nbb\ncc\nddddddd\nee\n", "Line", strategy, 6)


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_a_payload_says_on_which_line_it_begins(strategy: str) -> None:
    found = list(payloads(io.BytesIO(b"aa\nbb\ncc\ndd\nee"), "Line", strategy, 6))
    assert {payload.line: payload.body[:2] for payload in found}.items() <= {
        1: b"aa", 2: b"bb", 3: b"cc", 4: b"dd", 5: b"ee",
    }.items()  # fmt: skip


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=30), st.integers(10, 40))
def test_nothing_is_lost_added_or_cut_within_a_line(lines: list[bytes], limit: int) -> None:
    content = b"\n".join(lines)
    blocks = cut(content, "Line", "MultiRecord", limit)
    assert b"".join(blocks) == content
    assert all(len(block) <= limit for block in blocks)
    assert all(block.endswith(b"\n") for block in blocks[:-1])
