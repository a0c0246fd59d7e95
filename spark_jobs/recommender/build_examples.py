"""Turns a shop's interactions into the examples a recommender is trained and tested on.

    spark-submit build_examples.py --input s3://.../interactions/manifest --output s3://.../build_examples/ab12/

Input: Parquet with `user_id`, `item_id`, `occurred_at`, named by the manifest of Redshift's UNLOAD (exactly its files
are read, never a listing, so a file that a failed unload left cannot slip in) or by a folder, whose URI ends in "/".

Output, below `--output`:
    train/           user int, item int, position int   every event of a user but the newest; position 0 is the oldest
    test/            user int, positive int, negatives array<int>   the newest event, and items the user never touched
    users/           user int, user_id string
    items/           item int, item_id string, count bigint   the whole catalogue, also what the core leaves out;
                     count: the item's rows in train/, never those in test/
    score_requests/  one JSON line a user, {"user": user_id}: the input of a batch transform
    summary.json     what was read, dropped and written; it is written last, so it also says that the rest is whole

The result depends on the rows and the options alone, not on their order, files or partitions. The driver never holds
data, only counts and one row a partition. Runs on Spark 3.5 and later.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

COLUMNS = ("user_id", "item_id", "occurred_at")
# Puts a table aside under a name and reads it back: nothing is computed twice, and plans stay short over many rounds.
Keep = Callable[[DataFrame, str], DataFrame]


def valid_events(raw: DataFrame) -> DataFrame:
    """Events with a user, an item and a time. An id of white space alone names nobody; it is dropped like a null."""
    events = raw.select(F.col("user_id").cast("string"), F.col("item_id").cast("string"), "occurred_at")
    user, item = (F.btrim(F.col(key), F.lit(" \t\r\n")) != "" for key in ("user_id", "item_id"))
    return events.where(user & item & F.col("occurred_at").isNotNull())


def newest_of_each_pair(events: DataFrame) -> DataFrame:
    """One event per (user, item): the newest, for it says most about today's taste. `events` counts what it stands for.

    Events of a pair at the same time are one event, since nothing else is known of them: a tie has no loser.
    """
    newest, events_of_it = F.max("occurred_at").alias("occurred_at"), F.count("*").alias("events")
    return events.groupBy("user_id", "item_id").agg(newest, events_of_it)


def core_of(events: DataFrame, k: int, keep: Keep) -> DataFrame:
    """The k-core: the largest part of `events` in which each user and each item still has at least `k` events.

    Dropping a rare item can make a user rare and the other way round, so it goes on until nobody is rare. A round keeps
    only the few ids to drop (broadcast when small), never another copy of the events.
    """
    rare: dict[str, list[DataFrame]] = {"item_id": [], "user_id": []}
    kept, dropped = events, int(k > 1)
    while dropped:
        for key, found in rare.items():
            few = kept.groupBy(key).count().where(F.col("count") < k).select(key)
            found.append(keep(few, f"rare_{key}_{len(found)}"))
            kept = _without(events, rare)
        dropped = rare["user_id"][-1].count()
        print(f"{k}-core, round {len(rare['user_id'])}: drops {dropped} users", flush=True)
    return kept


def _without(events: DataFrame, rare: dict[str, list[DataFrame]]) -> DataFrame:
    for key, found in rare.items():
        if found:
            events = events.join(functools.reduce(DataFrame.unionAll, found), key, "left_anti")
    return events


def dense_ids(events: DataFrame, key: str, name: str, keep: Keep) -> tuple[DataFrame, int]:
    """The distinct values of `key`, numbered 0, 1, 2, ... as `name` in their binary order; and how many they are.

    Sorted in ranges, a key's number is its place in its partition plus the sizes of the partitions before it, which is
    all the driver sees. Ranges come from a sample, so the places are kept: they must be those whose sizes are counted.
    """
    keys = events.select(key).distinct().repartitionByRange(key).sortWithinPartitions(key)
    place = F.monotonically_increasing_id().bitwiseAND((1 << 33) - 1)  # its lower 33 bits count within a partition
    placed = keep(keys.select(key, F.spark_partition_id().alias("part"), place.alias("place")), f"{name}_places")
    total, before = 0, [F.lit(-1), F.lit(0)]  # a map needs an entry even where there are no keys
    for part, size in sorted(tuple(row) for row in placed.groupBy("part").count().collect()):
        before += [F.lit(part), F.lit(total)]
        total += size
    number = F.create_map(*before)[F.col("part")] + F.col("place")
    return placed.select(number.cast("int").alias(name), key), total


def histories(events: DataFrame, core: DataFrame, users: DataFrame, items: DataFrame) -> DataFrame:
    """`user`, `items`, `touched` of the core's users, oldest event first, at one time the lesser item first.

    `items` are those of the core, which are learned from; `touched` are all, none of which may serve as a negative.
    """
    learned = core.select("item_id").distinct().withColumn("learned", F.lit(True))
    numbered = events.join(users, "user_id").join(items.join(learned, "item_id", "left"), "item_id")
    event = F.struct("occurred_at", "item", F.coalesce("learned", F.lit(False)).alias("learned"))
    ordered = numbered.groupBy("user").agg(F.sort_array(F.collect_list(event)).alias("events"))
    of_the_core = F.filter("events", lambda event: event["learned"])["item"]
    return ordered.select("user", of_the_core.alias("items"), F.col("events.item").alias("touched"))


def train_rows(history: DataFrame) -> DataFrame:
    """Every event of a user but the newest."""
    older = F.expr("slice(items, 1, size(items) - 1)")
    return history.select("user", F.posexplode(older).alias("position", "item")).select("user", "item", "position")


def test_rows(history: DataFrame, items: int, negatives: int, seed: int) -> DataFrame:
    """The newest event of each user, and `negatives` different items that the user never touched.

    Each user draws more than twice as many item numbers as needed by hashing (seed, user, draw); what the user has
    touched falls out. Only where that leaves too few (someone who knows much of the catalogue, or a tiny catalogue) are
    all untouched items put into a hashed order instead. So a user gets fewer negatives only where fewer untouched items
    exist, down to none for one who has touched everything: such a row ranks its positive against nothing and proves
    nothing, so an evaluation leaves it out. summary.json counts both kinds.
    """
    last, user = max(items - 1, 0), F.col("user")
    draws = F.sequence(F.lit(0), F.lit(2 * negatives + 63))
    drawn = F.transform(draws, lambda draw: F.pmod(_hash(seed, user, draw), F.lit(last + 1)).cast("int"))
    unseen = F.slice(F.array_except(drawn, "touched"), 1, negatives).alias("fresh")
    fresh = history.select("user", "items", "touched", unseen)
    # `user * 0` is no constant to the optimizer, which would else write the whole catalogue into the plan.
    untouched = F.array_except(F.sequence(user * 0, F.lit(last)), "touched")
    ordered = F.sort_array(F.transform(untouched, lambda item: F.struct(_hash(seed, user, item), item.alias("item"))))
    enough = F.size("fresh") == negatives
    chosen = F.when(enough, F.col("fresh")).otherwise(F.slice(ordered["item"], 1, negatives))
    return fresh.select("user", F.element_at("items", -1).alias("positive"), chosen.alias("negatives"))


def _hash(seed: int, user: Column, number: Column) -> Column:
    return F.xxhash64(F.lit(seed), user, number)


def counted_items(items: DataFrame, train: DataFrame) -> DataFrame:
    """The items with their number of training events; one that only test rows hold, or no row of the core, has 0."""
    counts = train.groupBy("item").agg(F.count("*").alias("count"))
    return items.join(counts, "item", "left").select("item", "item_id", F.coalesce("count", F.lit(0)).alias("count"))


def score_requests(users: DataFrame) -> DataFrame:
    """One JSON line a user, as the served model takes them."""
    return users.select(F.to_json(F.struct(F.col("user_id").alias("user"))).alias("value"))


def read_events(spark: SparkSession, source: str) -> DataFrame:
    """The rows of an UNLOAD manifest's files, or of a folder; ValueError if it is neither or not as promised."""
    if source.endswith("/"):
        return _with_columns(spark.read.parquet(source), source)
    try:
        entries = json.loads(_read(spark, source))["entries"]
        files = [entry["url"] for entry in entries]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{source} is not a manifest of UNLOAD (nor a folder: it does not end in '/')") from error
    if not files:
        return spark.createDataFrame([], "user_id string, item_id string, occurred_at timestamp")
    events = _with_columns(spark.read.parquet(*files), source)
    promised = [entry.get("meta", {}).get("record_count") for entry in entries]
    if None not in promised and events.count() != sum(promised):
        raise ValueError(f"{source} promises {sum(promised)} rows, its files hold {events.count()}")
    return events


def _with_columns(events: DataFrame, source: str) -> DataFrame:
    missing = sorted(set(COLUMNS) - set(events.columns))
    if missing:
        raise ValueError(f"{source} lacks the columns {missing}; it has {events.columns}")
    return events.select(*COLUMNS)


def _file(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Hadoop's file system and path of one object: it knows s3:// wherever Spark does."""
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(uri)  # type: ignore[union-attr]  # py4j is untyped
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def _read(spark: SparkSession, uri: str) -> str:
    (system, path), jvm = _file(spark, uri), spark.sparkContext._jvm
    return str(jvm.org.apache.commons.io.IOUtils.toString(system.open(path), "UTF-8"))  # type: ignore[union-attr]  # py4j


def _write(spark: SparkSession, uri: str, text: str) -> None:
    system, path = _file(spark, uri)
    stream = system.create(path, True)
    stream.write(bytearray(text.encode()))
    stream.close()


def build(spark: SparkSession, source: str, output: str, core: int, negatives: int, seed: int) -> dict[str, Any]:
    """Reads, filters, numbers, splits and writes; returns the summary, which it also writes, last."""
    summary: dict[str, Any] = {"input": source, "core": core, "negatives": negatives, "seed": seed}

    def save(table: DataFrame, name: str) -> DataFrame:
        table.write.mode("overwrite").parquet(f"{output}{name}/")  # a second try replaces what a dead one left
        return spark.read.schema(table.schema).parquet(f"{output}{name}/")

    def keep(table: DataFrame, name: str) -> DataFrame:
        return save(table, f"_work/{name}")

    raw = read_events(spark, source)
    unique = keep(newest_of_each_pair(valid_events(raw)), "unique")
    seen: Any = unique.agg(F.count("*").alias("pairs"), F.coalesce(F.sum("events"), F.lit(0)).alias("valid")).first()
    rows = summary["rows_in"] = raw.count()
    summary |= {"null_rows_dropped": rows - seen.valid, "duplicates_dropped": seen.valid - seen.pairs}
    print(json.dumps(summary), flush=True)
    events = core_of(unique, core, keep)
    users, summary["users"] = dense_ids(events, "user_id", "user", keep)
    items, summary["items"] = dense_ids(unique, "item_id", "item", keep)
    history = keep(histories(unique, events, users, items), "histories")
    train = save(train_rows(history), "train")
    test = save(test_rows(history, summary["items"], negatives, seed), "test")
    save(users, "users")
    save(counted_items(items, train), "items")
    score_requests(users).write.mode("overwrite").text(f"{output}score_requests/")
    fewer, none = F.count_if(F.size("negatives") < negatives), F.count_if(F.size("negatives") == 0)
    tested: Any = test.agg(F.count("*").alias("rows"), fewer.alias("fewer"), none.alias("none")).first()
    summary |= {"train_rows": (learned := train.count()), "rows": learned, "test_rows": tested.rows}
    summary |= {"test_rows_with_fewer_negatives": tested.fewer, "test_rows_without_negatives": tested.none}
    kept = summary["train_rows"] + summary["test_rows"]
    summary |= {"interactions": kept, "rare_dropped": seen.pairs - kept, "outcome": "complete" if kept else "empty"}
    system, work = _file(spark, f"{output}_work")
    system.delete(work, True)
    _write(spark, f"{output}summary.json", json.dumps(summary, indent=1))
    return summary


def main() -> None:
    """One run from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", required=True, help="URI of UNLOAD's manifest, or of a folder, ending in '/'")
    parser.add_argument("--output", required=True, help="URI of the folder to write")
    parser.add_argument("--core", type=int, default=5, help="least events of a user and of an item")
    parser.add_argument("--negatives", type=int, default=99, help="untouched items per test row")
    parser.add_argument("--seed", type=int, default=42, help="chooses the negatives")
    chosen = parser.parse_args()
    if chosen.core < 1 or chosen.negatives < 1:
        parser.error("--core and --negatives are at least 1")
    spark = SparkSession.builder.appName("build_examples").getOrCreate()
    output = chosen.output.rstrip("/") + "/"
    print(json.dumps(build(spark, chosen.input, output, chosen.core, chosen.negatives, chosen.seed)), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
