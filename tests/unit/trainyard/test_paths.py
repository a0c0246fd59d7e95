import pytest

from tests.unit.trainyard.made_up import RUN
from trainyard.paths import code_pointer, code_prefix, split

PLACE = RUN.place("train", "3f9c2a1b7d-1")


def test_every_prefix_ends_in_a_slash() -> None:
    assert all(uri.endswith("/") for uri in (PLACE.prefix, PLACE.uri, PLACE.folder("data"), code_prefix("b", "v1")))


def test_a_place_is_of_one_model_partition_step_and_piece_of_work() -> None:
    assert PLACE.uri == f"s3://{RUN.bucket}/recommender/2026-02-02/train/3f9c2a1b7d-1/"
    assert PLACE.manifest == f"{PLACE.uri}manifest.json"


def test_the_code_pointer_is_beside_the_versions() -> None:
    assert code_pointer("b") == "s3://b/code/current.json"


def test_a_uri_is_split_into_bucket_and_key() -> None:
    assert split("s3://b/a/b c/é.json") == ("b", "a/b c/é.json")


@pytest.mark.parametrize("text", ["", "b/key", "http://b/key", "s3://", "s3:///key"])
def test_what_is_no_s3_uri_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="S3 URI"):
        split(text)
