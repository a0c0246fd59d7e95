"""The recommender's Spark job: what it keeps, how it numbers and splits, and what it does with odd data."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from spark_jobs.recommender import build_examples
from tests.spark.shop import Event, at, core, random_events, write_parquet

pytestmark = [
    pytest.mark.spark,
    # pyspark leaves the socket of a collect() to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def frame(spark: SparkSession, events: list[Event]) -> DataFrame:
    return spark.createDataFrame(events, "user_id string, item_id string, occurred_at timestamp_ntz")


def rows(table: DataFrame) -> list[Any]:
    return sorted(tuple(row) for row in table.collect())


class Examples:
    """What the job wrote, read without Spark."""

    def __init__(self, output: str, summary: dict[str, Any]) -> None:
        self.folder = Path(output.removeprefix("file://"))
        self.summary = summary
        self.train, self.test, self.users, self.items = map(self.table, ("train", "test", "users", "items"))

    def table(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(self.folder / name).to_pylist()
        return rows


@pytest.fixture
def keep(spark: SparkSession, tmp_path: Path) -> build_examples.Keep:
    """Puts tables aside in a folder of the test."""

    def to_disk(table: DataFrame, name: str) -> DataFrame:
        table.write.parquet(str(tmp_path / "kept" / name))
        return spark.read.schema(table.schema).parquet(str(tmp_path / "kept" / name))

    return to_disk


@pytest.fixture
def build(spark: SparkSession, tmp_path: Path, output: str) -> Any:
    """Runs the whole job on events that lie in one file of a folder."""

    def run(events: list[Event], *, least: int = 1, negatives: int = 99, seed: int = 42) -> Examples:
        source = write_parquet(tmp_path / "input" / "0000_part_00.parquet", events).parent
        summary = build_examples.build(spark, f"{source.as_uri()}/", output, least, negatives, seed)
        return Examples(output, summary)

    return run


def test_an_event_without_user_item_or_time_is_dropped(spark: SparkSession) -> None:
    good: list[Event] = [("u", "i", at(1)), (" u", "ä ö", at(2)), ("0", "null", at(3))]
    bad: list[Event] = [
        (None, "i", at(1)),
        ("u", None, at(1)),
        ("u", "i", None),
        ("", "i", at(1)),
        ("u", " \t\n", at(1)),
    ]
    assert rows(build_examples.valid_events(frame(spark, good + bad))) == sorted(good)


def test_ids_that_are_numbers_in_the_warehouse_become_text(spark: SparkSession) -> None:
    numbers = spark.createDataFrame([(7, 8, at(1))], "user_id bigint, item_id int, occurred_at timestamp_ntz")
    assert rows(build_examples.valid_events(numbers)) == [("7", "8", at(1))]


def test_of_several_events_of_a_pair_the_newest_stays(spark: SparkSession) -> None:
    events = frame(spark, [("u", "i", at(2)), ("u", "i", at(9)), ("u", "i", at(9)), ("u", "j", at(1))])
    assert rows(build_examples.newest_of_each_pair(events)) == [("u", "i", at(9), 3), ("u", "j", at(1), 1)]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_core_is_what_is_left_when_nobody_is_rare_any_more(
    spark: SparkSession, keep: build_examples.Keep, k: int
) -> None:
    events = random_events(600, users=60, items=70, seed=k)
    expected = core(events, k)
    assert 0 < len(expected) < 600
    unique = build_examples.newest_of_each_pair(frame(spark, events)).drop("events")
    found = build_examples.core_of(unique, k, keep)
    assert rows(found) == sorted((user, item, time) for (user, item), time in expected.items())


def test_a_chain_in_which_each_drop_makes_the_next_one_rare_is_followed_to_its_end(
    spark: SparkSession, keep: build_examples.Keep
) -> None:
    chain: list[Event] = [(f"u{n}", f"i{n + step}", at(n)) for n in range(5) for step in (0, 1)]
    square: list[Event] = [(f"v{n}", f"j{m}", at(n)) for n in range(2) for m in range(2)]
    kept = build_examples.core_of(frame(spark, chain + square), 2, keep)
    assert {row.user_id for row in kept.collect()} == {"v0", "v1"}


def test_ids_are_dense_and_in_order_over_any_number_of_partitions(
    spark: SparkSession, keep: build_examples.Keep
) -> None:
    keys = [f"k{n:03}" for n in range(300)] + ["ключ", "鍵", "zz"]
    events = spark.createDataFrame([(key,) for key in keys * 3], "key string").repartition(7)
    table, total = build_examples.dense_ids(events, "key", "number", keep)
    assert total == len(keys)
    assert rows(table) == list(enumerate(sorted(keys, key=str.encode)))


def history(spark: SparkSession, *items: list[int]) -> DataFrame:
    """Users who touched just what is learned from."""
    rows = [(user, list(touched), list(touched)) for user, touched in enumerate(items)]
    return spark.createDataFrame(rows, "user int, items array<int>, touched array<int>")


def test_the_newest_event_is_the_test_and_the_others_are_numbered_from_the_oldest(spark: SparkSession) -> None:
    past = history(spark, [4, 2, 9], [5])
    assert rows(build_examples.train_rows(past)) == [(0, 2, 1), (0, 4, 0)]
    tested = build_examples.test_rows(past, items=10, negatives=3, seed=1)
    assert rows(tested.select("user", "positive")) == [(0, 9), (1, 5)]


def test_of_events_at_the_same_time_the_greater_item_is_the_later(spark: SparkSession) -> None:
    events = frame(spark, [("u", "b", at(1)), ("u", "c", at(1)), ("u", "a", at(1)), ("u", "d", at(0))])
    users = spark.createDataFrame([(0, "u")], "user int, user_id string")
    items = spark.createDataFrame(list(enumerate("abcd")), "item int, item_id string")
    assert rows(build_examples.histories(events, events, users, items)) == [(0, [3, 0, 1, 2], [3, 0, 1, 2])]


def test_what_the_core_leaves_out_is_in_the_catalogue_but_never_a_negative_of_who_touched_it(build: Any) -> None:
    common = [(f"u{n}", item, at(n)) for n in range(3) for item in "abc"]
    examples = build([*common, ("u0", "rare", at(9)), ("v", "other", at(1))], least=3, negatives=99)
    names = {row["item"]: row["item_id"] for row in examples.items}
    assert sorted(names.values()) == ["a", "b", "c", "other", "rare"]
    assert {names[row["item"]] for row in examples.items if row["count"]} <= set("abc")
    assert [row["user_id"] for row in examples.users] == ["u0", "u1", "u2"]
    negatives = {row["user"]: sorted(names[item] for item in row["negatives"]) for row in examples.test}
    assert negatives == {0: ["other"], 1: ["other", "rare"], 2: ["other", "rare"]}


def test_negatives_are_different_items_that_the_user_never_touched(spark: SparkSession) -> None:
    items = 400
    past = history(spark, *[list(range(user, items, user + 2)) for user in range(20)])
    tested = build_examples.test_rows(past, items, negatives=99, seed=3)
    for row in tested.join(past, "user").collect():
        assert len(row.negatives) == len(set(row.negatives)) == 99
        assert not set(row.negatives) & set(row["items"])
        assert all(0 <= item < items for item in row.negatives)


@pytest.mark.parametrize(("touched", "left"), [(50, 150), (120, 80), (199, 1), (200, 0)])
def test_who_knows_much_of_the_catalogue_gets_exactly_what_is_left(
    spark: SparkSession, touched: int, left: int
) -> None:
    [row] = build_examples.test_rows(history(spark, list(range(touched))), 200, negatives=99, seed=1).collect()
    assert len(row.negatives) == min(99, left)
    assert set(row.negatives) <= set(range(touched, 200))


def test_negatives_depend_on_the_seed_and_the_user_and_on_nothing_else(spark: SparkSession) -> None:
    past = history(spark, *[[user] for user in range(50)])

    def drawn(seed: int, partitions: int) -> dict[int, list[int]]:
        table = build_examples.test_rows(past.repartition(partitions), 5000, negatives=20, seed=seed)
        return {row.user: row.negatives for row in table.collect()}

    assert drawn(1, 1) == drawn(1, 5)
    assert drawn(1, 1) != drawn(2, 1)
    assert len({tuple(items) for items in drawn(1, 1).values()}) == 50


def test_negatives_cover_the_catalogue_evenly(spark: SparkSession) -> None:
    past = history(spark, *[[user % 100] for user in range(600)])
    tested = build_examples.test_rows(past, 100, negatives=20, seed=5)
    counts = [row["count"] for row in tested.selectExpr("explode(negatives) item").groupBy("item").count().collect()]
    assert len(counts) == 100
    # 120 each on average; ten standard deviations of a fair draw.
    assert min(counts) > 10
    assert max(counts) < 230


def test_the_tables_agree_with_one_another_and_with_the_summary(build: Any) -> None:
    events = random_events(3000, users=80, items=90, seed=7)
    expected = core(events, 5)
    examples = build([*events, (None, "i1", at(1)), ("u1", " ", at(1))], least=5, negatives=10)
    names = {row["user"]: row["user_id"] for row in examples.users}
    things = {row["item"]: row["item_id"] for row in examples.items}
    kept = [(names[row["user"]], things[row["item"]]) for row in examples.train]
    last = [(names[row["user"]], things[row["positive"]]) for row in examples.test]
    assert sorted(kept + last) == sorted(expected)
    for user, item in last:
        assert expected[user, item] == max(time for (other, _), time in expected.items() if other == user)
    trained = [row["item"] for row in examples.train]
    assert {row["item"]: row["count"] for row in examples.items} == {item: trained.count(item) for item in things}
    pairs = len({(user, item) for user, item, _ in events})
    assert examples.summary == {
        **{"outcome": "complete", "core": 5, "negatives": 10, "seed": 42, "input": examples.summary["input"]},
        **{"rows_in": 3002, "null_rows_dropped": 2, "duplicates_dropped": 3000 - pairs},
        **{"rare_dropped": pairs - len(expected), "interactions": len(expected)},
        **{
            "users": len(names),
            "items": len(things),
            "train_rows": len(kept),
            "rows": len(kept),
            "test_rows": len(last),
        },
        "test_rows_with_fewer_negatives": sum(len(row["negatives"]) < 10 for row in examples.test),
        "test_rows_without_negatives": 0,
    }
    assert json.loads((examples.folder / "summary.json").read_text()) == examples.summary


def test_positions_are_in_order_of_time(build: Any) -> None:
    examples = build([("u", f"i{n}", at(100 - n)) for n in range(10)])
    ordered = sorted(examples.train, key=lambda row: row["position"])
    assert [row["item"] for row in ordered] == list(range(9, 0, -1))
    assert [row["position"] for row in ordered] == list(range(9))
    assert examples.test == [{"user": 0, "positive": 0, "negatives": []}]
    assert examples.summary["test_rows_without_negatives"] == 1


def test_the_columns_have_the_types_that_readers_count_on(build: Any) -> None:
    examples = build([("u", "i", at(1)), ("u", "j", at(2))])
    types = {
        name: {field.name: str(field.type) for field in pyarrow.parquet.read_table(examples.folder / name).schema}
        for name in ("train", "test", "users", "items")
    }
    assert types["train"] == {"user": "int32", "item": "int32", "position": "int32"}
    assert types["test"] == {"user": "int32", "positive": "int32", "negatives": "list<element: int32>"}
    assert types["users"] == {"user": "int32", "user_id": "string"}
    assert types["items"] == {"item": "int32", "item_id": "string", "count": "int64"}


def test_ids_of_any_script_come_through_as_they_are(build: Any) -> None:
    names = ["Łódź", "東京", 'quote"d', "new\nline", "🙂", " padded "]
    examples = build([(name, item, at(n)) for n, item in enumerate("ab") for name in names])
    assert {row["user_id"] for row in examples.users} == set(names)
    lines = [
        line for part in (examples.folder / "score_requests").glob("part-*") for line in part.read_text().splitlines()
    ]
    assert sorted(json.loads(line)["user"] for line in lines) == sorted(names)


@pytest.mark.parametrize("events", [[], [(None, None, None)], [("u", "i", at(1)), ("v", "j", at(2))]])
def test_nothing_left_is_an_outcome_with_a_name(build: Any, events: list[Event]) -> None:
    examples = build(events, least=5)
    assert examples.summary["outcome"] == "empty"
    assert (examples.summary["rows_in"], examples.summary["interactions"]) == (len(events), 0)
    assert examples.train == examples.test == examples.users == []


def test_a_second_try_leaves_nothing_of_the_first(build: Any) -> None:
    build([(f"u{n}", item, at(n)) for n in range(9) for item in "abc"])
    examples = build([("u", "i", at(1)), ("u", "j", at(2))])
    assert [row["user_id"] for row in examples.users] == ["u"]
    assert len(examples.train) == len(examples.test) == 1


@pytest.fixture
def manifest(tmp_path: Path) -> Any:
    """Writes a manifest of UNLOAD beside files, one of which it does not name."""

    def write(*parts: list[Event], promised: int | None = None) -> str:
        entries: list[dict[str, Any]] = []
        for number, events in enumerate(parts):
            path = write_parquet(tmp_path / "unload" / f"{number:04}_part_00.parquet", events)
            entries.append({"url": path.as_uri()})
            if promised is not None:
                entries[-1]["meta"] = {"content_length": path.stat().st_size, "record_count": promised}
        write_parquet(tmp_path / "unload" / "9999_part_00.parquet", [("left over", "of a failed unload", at(0))])
        file = tmp_path / "unload" / "manifest"
        file.write_text(json.dumps({"entries": entries}))
        return file.as_uri()

    return write


def test_exactly_the_files_of_the_manifest_are_read(spark: SparkSession, manifest: Any) -> None:
    source = manifest([("u", "i", at(1))], [("v", "j", at(2))], promised=1)
    assert rows(build_examples.read_events(spark, source)) == [("u", "i", at(1)), ("v", "j", at(2))]


def test_a_manifest_without_files_is_no_rows(spark: SparkSession, manifest: Any) -> None:
    assert rows(build_examples.read_events(spark, manifest())) == []


def test_files_with_other_rows_than_the_manifest_promises_are_refused(spark: SparkSession, manifest: Any) -> None:
    source = manifest([("u", "i", at(1))], promised=2)
    with pytest.raises(ValueError, match="promises 2 rows, its files hold 1"):
        build_examples.read_events(spark, source)


def test_what_is_no_manifest_is_refused_by_name(spark: SparkSession, tmp_path: Path) -> None:
    for text in ("", "[]", '{"entries": 3}', '{"entries": [{}]}', "PAR1"):
        (tmp_path / "manifest").write_text(text)
        with pytest.raises(ValueError, match="manifest is not a manifest of UNLOAD"):
            build_examples.read_events(spark, (tmp_path / "manifest").as_uri())


def test_a_missing_column_is_named(spark: SparkSession, tmp_path: Path) -> None:
    spark.createDataFrame([Row(user_id="u", item="i")]).write.parquet(str(tmp_path / "table"))
    with pytest.raises(ValueError, match=r"lacks the columns \['item_id', 'occurred_at'\]"):
        build_examples.read_events(spark, f"{(tmp_path / 'table').as_uri()}/")
