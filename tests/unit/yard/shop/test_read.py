"""Reading a person's file: what is taken, and what is refused with a sentence that helps."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from yard.errors import YardError
from yard.shop.read import read

HEADER = "user_id,item_id,occurred_at\n"


def csv(folder: Path, text: str, name: str = "events.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def refused(path: Path) -> YardError:
    with pytest.raises(YardError) as raised:
        read(path)
    assert str(path) in raised.value.what
    return raised.value


@pytest.mark.parametrize("name", ["events.csv", "events.csv.gz"])
def test_a_csv_is_read_whatever_else_it_holds_and_in_whichever_order(tmp_path: Path, name: str) -> None:
    frame = read(csv(tmp_path, "price,occurred_at,item_id,user_id\n9.5,2026-02-02 10:00:00,i1,u1\n", name))
    assert frame.to_dict("records") == [
        {"user_id": "u1", "item_id": "i1", "occurred_at": pd.Timestamp("2026-02-02 10:00:00")}
    ]


def test_ids_stay_texts_also_where_they_look_like_numbers_or_like_nothing(tmp_path: Path) -> None:
    frame = read(csv(tmp_path, HEADER + "007,NA,2026-02-02\nnull,1e5,2026-02-03\n東京,é,2026-02-03\n"))
    assert list(frame["user_id"]) == ["007", "null", "東京"]
    assert list(frame["item_id"]) == ["NA", "1e5", "é"]


def test_a_missing_id_stays_missing_for_the_pipeline_to_judge(tmp_path: Path) -> None:
    frame = read(csv(tmp_path, HEADER + ",i1,2026-02-02\nu1,,2026-02-02\n"))
    assert list(frame["user_id"].isna()) == [True, False]
    assert list(frame["item_id"].isna()) == [False, True]


def test_times_are_brought_to_utc(tmp_path: Path) -> None:
    text = HEADER + "u,i,2026-02-02T01:00:00+02:00\nu,i,2026-02-02T01:00:00Z\nu,i,2026-02-02 01:00:00.25\n"
    frame = read(csv(tmp_path, text))
    assert [str(time) for time in frame["occurred_at"]] == [
        "2026-02-01 23:00:00",
        "2026-02-02 01:00:00",
        "2026-02-02 01:00:00.250000",
    ]


def test_a_parquet_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "events"
    times = pd.to_datetime(["2026-02-02 10:00:00", "2026-02-03 10:00:00"], utc=True)
    pd.DataFrame({"user_id": [1, 2], "item_id": ["a", None], "occurred_at": times}).to_parquet(path)
    frame = read(path)
    assert list(frame["user_id"]) == ["1", "2"]
    assert frame["item_id"].isna().tolist() == [False, True]
    assert frame["occurred_at"].dt.tz is None


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    error = refused(csv(tmp_path, "user,item_id,when\nu,i,2026-02-02\n"))
    assert "lacks the column user_id, occurred_at" in error.what
    assert "it has user, item_id, when" in error.what


def test_a_time_that_is_none_is_named_by_file_row_and_column(tmp_path: Path) -> None:
    error = refused(csv(tmp_path, HEADER + "u,i,2026-02-02\nu,i,yesterday\nu,i,\n"))
    assert "row 3, column occurred_at: 'yesterday' is not a time (2 such rows of 3)" in error.what
    assert "2026-02-02 17:30:00" in error.remedy


def test_an_empty_time_is_called_empty(tmp_path: Path) -> None:
    assert "row 2, column occurred_at: empty is not a time" in refused(csv(tmp_path, HEADER + "u,i,\n")).what


def test_numbers_are_not_taken_for_times(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pd.DataFrame({"user_id": ["u"], "item_id": ["i"], "occurred_at": [1770000000]}).to_parquet(path)
    assert "numbers, not times" in refused(path).what


def test_an_id_that_the_warehouse_cannot_hold_is_named_by_row(tmp_path: Path) -> None:
    error = refused(csv(tmp_path, HEADER + f"u,i,2026-02-02\n{'é' * 129},i,2026-02-02\n"))
    assert "row 3, column user_id: a text of 258 bytes" in error.what


def test_an_id_of_exactly_what_the_warehouse_holds_is_taken(tmp_path: Path) -> None:
    assert len(read(csv(tmp_path, HEADER + f"{'é' * 128},i,2026-02-02\n"))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [(HEADER, "holds no rows"), ("", "cannot be read"), (HEADER + 'u,i,"2026\n', "cannot be read")],
)
def test_what_is_no_table_of_events_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(csv(tmp_path, text)).what


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "u,i,2026-02-02\n" * 999).encode())[:-20])
    assert "cannot be read" in refused(path).what


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "There is no file" in refused(tmp_path / "nothing.csv").what
