"""What the Spark job is asked."""

import pytest

from tests.unit.trainyard.made_up import job
from trainyard.errors import InputError
from trainyard.steps.build_examples import options

SOURCE = {"datasets": {"leads": {"data": "s3://b/leads/manifest"}}}


def test_rows_to_be_scored_are_encoded_as_those_of_the_live_model() -> None:
    champion = {"model_version": 3, "encoding": "s3://b/encoding.json"}
    assert options(job("build_examples", source=SOURCE, champion=champion)) == {
        "leads": "s3://b/leads/manifest",
        "encoding": "s3://b/encoding.json",
    }


def test_a_live_model_without_an_encoding_is_named() -> None:
    champion = {"model_version": 3, "encoding": "", "endpoint": "lead-scoring"}
    with pytest.raises(
        InputError, match="Version 3, which is live at lead-scoring, was registered without an encoding"
    ):
        options(job("build_examples", source=SOURCE, champion=champion))
