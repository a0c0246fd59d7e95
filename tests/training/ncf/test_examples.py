"""The channel is read as the preprocessing step wrote it, and checked before anything is trained on it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from examples import read
from job import JobError
from ranking import ABSENT

from tests.training.ncf.shop import Shop


def test_a_channel_is_read_whole(shop: Shop, tmp_path: Path) -> None:
    examples = read(shop.write(tmp_path))
    assert examples.users[119] == "søren-119"
    assert examples.items[:2] == ["東京-0", "東京-1"]
    assert len(examples.train) == 120 * 12
    assert examples.test.negatives.shape == (120, 30)
    assert examples.popularity.sum() == 120 * 12


def test_ids_are_ordered_by_number_whatever_the_order_of_the_rows(shop: Shop, tmp_path: Path) -> None:
    shop.items = {name: values[::-1] for name, values in shop.items.items()}
    assert read(shop.write(tmp_path)).items[0] == "東京-0"


def test_users_may_have_fewer_negatives_than_others(shop: Shop, tmp_path: Path) -> None:
    lists = shop.test["negatives"].to_pylist()
    shop.test["negatives"] = pa.array([lists[0][:3], [], *lists[2:]], pa.list_(pa.int32()))
    test = read(shop.write(tmp_path)).test
    assert test.negatives[0].tolist() == lists[0][:3] + [ABSENT] * 27
    assert set(test.negatives[1]) == {ABSENT}
    assert test.negatives[2].tolist() == lists[2]


def without_train(shop: Shop) -> None:
    shop.train = {name: values[:0] for name, values in shop.train.items()}


def with_an_unknown_item(shop: Shop) -> None:
    shop.train["item"][3] = 60


def with_a_negative_user(shop: Shop) -> None:
    shop.test["user"][0] = -1


def with_an_unknown_negative(shop: Shop) -> None:
    lists = shop.test["negatives"].to_pylist()
    shop.test["negatives"] = pa.array([[99], *lists[1:]])


def without_positions(shop: Shop) -> None:
    del shop.train["position"]


def with_a_null(shop: Shop) -> None:
    shop.train["user"] = pa.array([None, *shop.train["user"][1:]], pa.int32())


def with_texts_for_numbers(shop: Shop) -> None:
    shop.train["item"] = [str(item) for item in shop.train["item"]]


def with_a_gap_in_the_numbers(shop: Shop) -> None:
    shop.users["user"] = np.append(shop.users["user"][:-1], np.int32(500))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_train, "train has no rows: there is nothing to learn from"),
        (with_an_unknown_item, "train: 1 values of item are out of range, such as 60; there are 60 (0 to 59)"),
        (with_a_negative_user, "test: 1 values of user are out of range, such as -1"),
        (with_an_unknown_negative, "test: 1 values of negatives are out of range, such as 99"),
        (without_positions, "train has no column position"),
        (with_a_null, "train: column user has 1 nulls"),
        (with_texts_for_numbers, "train: column item holds string, not integers"),
        (with_a_gap_in_the_numbers, "users: column user must number its rows 0 to 119, each once"),
    ],
)
def test_bad_input_is_named_with_the_remedy(
    spoil: Callable[[Shop], None], words: str, shop: Shop, tmp_path: Path
) -> None:
    spoil(shop)
    shop.write(tmp_path)
    with pytest.raises(JobError) as refusal:
        read(tmp_path)
    assert words in str(refusal.value)
    assert "Remedy: " in str(refusal.value)


def test_a_part_that_is_not_there_is_named(shop: Shop, tmp_path: Path) -> None:
    shutil.rmtree(shop.write(tmp_path) / "test")
    with pytest.raises(JobError, match="test holds no Parquet file"):
        read(tmp_path)


def test_a_file_that_is_cut_off_is_named(shop: Shop, tmp_path: Path) -> None:
    file = shop.write(tmp_path) / "train" / "part-00001.snappy.parquet"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(JobError, match="train cannot be read"):
        read(tmp_path)
