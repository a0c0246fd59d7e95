"""The part of JSONPath that batch transform knows, as the developer guide describes it."""

from typing import Any

import pytest

from local_aws.services.sagemaker.transform_filters import BadFilter, NoMatch, parse

ROW = ["a", "b", "c", "d", "e"]
JSON, CSV = "application/json", "text/csv"


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("$", ROW),
        ("$[1]", "b"),
        ("$[0,-1]", ["a", "e"]),
        ("$[1:]", ["b", "c", "d", "e"]),
        ("$[:1]", ["a", "b"]),  # the end is inclusive
        ("$[1:3]", ["b", "c", "d"]),
        ("$[:-2]", ["a", "b", "c", "d"]),
        ("$[*]", ROW),
    ],
)
def test_columns_are_named_by_their_numbers(path: str, part: Any) -> None:
    assert parse(path, CSV).of(ROW) == part


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("$.features", [1, 2]),
        ("$.features[0]", 1),
        ("$['id']", 7),
        ("$['id', 'features']", {"id": 7, "features": [1, 2]}),
        ("$.deep.['x','y']", {"x": 1, "y": 2}),
        ("$.deep.*", [1, 2]),
        ("$.features[1:]", [2]),
    ],
)
def test_attributes_are_named_by_their_names(path: str, part: Any) -> None:
    record = {"id": 7, "features": [1, 2], "deep": {"x": 1, "y": 2}}
    assert parse(path, JSON).of(record) == part


@pytest.mark.parametrize("path", ["$[5]", "$[0,9]", "$[-6]", "$[5:]", "$[1:9]", "$.id"])
def test_what_a_record_has_not_is_an_error(path: str) -> None:
    with pytest.raises(NoMatch):
        parse(path, JSON).of(ROW)


def test_several_ranges_fail_in_the_words_of_sagemaker() -> None:
    with pytest.raises(NoMatch, match=r"Invalid JsonPath: \$\[0:2,4:\]: only single range filters of format"):
        parse("$[0:2,4:]", CSV).of(ROW)


@pytest.mark.parametrize(
    ("path", "content_type", "told"),
    [
        ("$['lead_id']", JSON, 'Unexpected "_" in JsonPath. Supported operators for "application/json" are'),
        ("$.features", CSV, 'Unexpected "f" in JsonPath'),
        ("features", JSON, "starts with"),
        ("$[", JSON, "no part of a JsonPath"),
        ("$['a',1]", JSON, "no part of a JsonPath"),
        ("", JSON, "starts with"),
    ],
)
def test_a_path_that_is_none_is_refused(path: str, content_type: str, told: str) -> None:
    with pytest.raises(BadFilter) as refused:
        parse(path, content_type)
    assert told in str(refused.value)
