"""Turns leads into the numbers that a boosted-trees model is trained on and asked with.

    spark-submit encode_leads.py --train URI --validation URI --test URI --leads URI --output URI [--encoding URI]
    spark-submit encode_leads.py --leads URI --encoding URI --output URI

Input: CSV without a header, each dataset named by the manifest of Redshift's UNLOAD (exactly its files are read, never
a listing), which also says the columns' names and types. The first column of train, validation and test is the `label`,
0 or 1; that of leads is the key, and then come the same columns.

A number stays as it is, a null stays missing. A text becomes the rate of the label among the train rows that have it,
drawn to the overall rate where they are few; one that no train row has becomes the overall rate. So what is learned
from labels here is learned from train rows alone. With `--encoding`, nothing is learned: a former run's is taken.

Output, below `--output`:
    encoding/encoding.json  {"columns": [{"name", "kind": "number"} or {"name", "kind": "category", "values", "other"}]}
    train/ validation/      label, numbers...: what SageMaker's XGBoost reads
    test/                   as it came: a former model is measured on it with its own encoding
    score_requests/         key, numbers...: the input of a batch transform
    summary.json            what was read and written; it is written last, so it also says that the rest is whole

Wrong data ends the job before anything is written, naming file, row and column. Runs on Spark 3.5 and later.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

LABEL = "label"
SMOOTHING = 20  # train rows of the overall rate that every value is given on top of its own
MOST_VALUES = 1_000  # texts of a column that are kept apart, the frequent ones
_NUMBERS = ("smallint", "integer", "bigint", "real", "double precision", "numeric")  # Redshift's names of its types
_TEXTS = ("character varying", "character", "boolean")
_KEY_FORBIDS = r'[",\x00-\x1f]'  # a key is one field of one line, whoever reads it
_SPACES = dict.fromkeys(("ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace"), False)  # else it writes texts trimmed
_CSV: dict[str, Any] = {"quote": '"', "escape": '"', "nullValue": "", "emptyValue": "", **_SPACES}


class InputError(ValueError):
    """The data cannot be used; the message names file, row and column."""


@dataclass(frozen=True)
class Dataset:
    """An UNLOAD: its files, its rows as texts, its columns in order, the label or key first, and those of texts."""

    name: str
    files: list[str]
    rows: DataFrame
    columns: list[str]
    categories: set[str]
    count: int


def read(spark: SparkSession, name: str, manifest: str) -> Dataset:
    """The rows of an UNLOAD, checked: as many as promised, numbers where the warehouse had numbers; or InputError."""
    try:
        told = json.loads(_read(spark, manifest))
        files = [entry["url"] for entry in told["entries"]]
        elements = [(item["name"], item["type"]["base"]) for item in told["schema"]["elements"]]
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"{manifest} is no manifest of UNLOAD ... MANIFEST VERBOSE: {error!r}") from error
    columns = [column for column, _ in elements]
    strange = [f"{column} ({kind})" for column, kind in elements[1:] if kind not in (*_NUMBERS, *_TEXTS)]
    if strange:
        raise InputError(f"{name}: {strange[0]} is neither number nor text: make it one in the SQL")
    schema = ", ".join(f"`{column}` string" for column in columns)
    reader = spark.read.schema(schema).options(**_CSV, multiLine=True)
    rows = (reader.csv(files) if files else spark.createDataFrame([], schema)).persist()  # looked at several times
    texts = {column for column, kind in elements[1:] if kind in _TEXTS}
    dataset = Dataset(name, files, rows, columns, texts, rows.count())
    promised = sum(entry["meta"]["record_count"] for entry in told["entries"])
    if dataset.count != promised:
        raise InputError(f"{name}: {manifest} promises {promised} rows, its files hold {dataset.count}")
    numbers = [column for column in columns[1:] if column not in texts]
    wrong = {column: (_no_number(column), "is no finite number") for column in numbers}
    _refuse(dataset, wrong | _wrong_first(dataset))
    return dataset


def _wrong_first(dataset: Dataset) -> dict[str, tuple[Column, str]]:
    """What is wrong with a label or a key, and the words for it."""
    first = dataset.columns[0]
    if dataset.name == "leads":
        wrong = F.col(first).isNull() | F.col(first).rlike(_KEY_FORBIDS)
        return {first: (wrong, "cannot be a key: it is missing, or holds a comma, a quote or a line end")}
    wrong = F.coalesce(~F.col(first).isin("0", "1"), F.lit(True))
    return {LABEL: (wrong, "is neither 0 nor 1")} if first == LABEL else {}


def check(dataset: Dataset) -> None:
    """Refuse, with InputError, what has no label first, or one class only, or a key twice."""
    first = dataset.columns[0]
    if dataset.name == "leads":
        twice = dataset.rows.groupBy(first).count().where("count > 1").orderBy(first).first()
        if twice:
            raise InputError(f"leads: the key {twice[0]!r} stands in {twice[1]} rows; each lead is scored once")
        return
    if first != LABEL:
        raise InputError(f"{dataset.name}: the first column is {first!r}; the SQL selects {LABEL!r} first")
    if not dataset.count:
        raise InputError(f"{dataset.name} has no rows")
    classes = [row[0] for row in dataset.rows.select(LABEL).distinct().collect()]
    if len(classes) < 2:
        raise InputError(f"{dataset.name}: every label is {classes[0]}: there is nothing to tell apart")


def fit(train: Dataset) -> dict[str, Any]:
    """What the train rows say about texts: see the head of this file."""
    overall: Any = train.rows.agg(F.avg(F.col(LABEL).cast("double")).alias("rate")).first()
    rates: dict[str, dict[str, float]] = {name: {} for name in train.columns[1:] if name in train.categories}
    for name, value, positives, n in _frequent(train, list(rates)) if rates else ():
        rates[name][value] = round((positives + SMOOTHING * overall.rate) / (n + SMOOTHING), 8)
    number, text = {"kind": "number"}, {"kind": "category", "other": round(overall.rate, 8)}
    kinds = {name: text | {"values": rates[name]} if name in rates else number for name in train.columns[1:]}
    return {"columns": [{"name": name} | kind for name, kind in kinds.items()], "train_rows": train.count}


def _frequent(train: Dataset, names: list[str]) -> list[Any]:
    """The frequent texts of columns, the most frequent first: column, text, positive rows, rows. One pass for all."""
    texts = [F.struct(F.lit(name).alias("name"), F.col(name).alias("value")) for name in names]
    pairs = train.rows.select(F.col(LABEL).cast("double").alias("label"), F.explode(F.array(*texts)).alias("text"))
    counted = pairs.where("text.value IS NOT NULL").groupBy("text.name", "text.value")
    found = counted.agg(F.sum("label").alias("positives"), F.count("*").alias("n"))
    order = Window.partitionBy("name").orderBy(F.desc("n"), "value")
    kept = found.withColumn("place", F.row_number().over(order)).where(F.col("place") <= MOST_VALUES)
    return kept.orderBy("name", "place").drop("place").collect()


def encoded(dataset: Dataset, encoding: dict[str, Any]) -> DataFrame:
    """The first column as it is, then a number, or nothing, for each of the encoding; InputError if it misfits."""
    for name, kind in ((column["name"], column["kind"]) for column in encoding["columns"]):
        if name not in dataset.columns[1:]:
            raise InputError(f"{dataset.name} lacks the column {name!r}; it has {', '.join(dataset.columns[1:])}")
        if (kind == "category") != (name in dataset.categories):
            now, then = ("a number", "text") if kind == "category" else ("text", "a number")
            raise InputError(f"{dataset.name}: column {name!r} is {now}, but was {then} when the encoding was learned")
    return dataset.rows.select(dataset.columns[0], *(_number(column) for column in encoding["columns"]))


def _number(column: dict[str, Any]) -> Column:
    name = column["name"]
    if column["kind"] == "number":
        return F.col(name).cast("double").alias(name)
    known = [F.lit(part) for pair in column["values"].items() for part in pair] or [F.lit(""), F.lit(0.0)]
    rate = F.coalesce(F.create_map(*known)[F.col(name)], F.lit(float(column["other"])))
    return F.when(F.col(name).isNotNull(), rate).alias(name)


def _no_number(column: str) -> Column:
    number = F.col(column).try_cast("double") if hasattr(Column, "try_cast") else F.col(column).cast("double")
    finite = F.coalesce(~F.isnan(number) & (F.abs(number) != float("inf")), F.lit(False))
    return F.col(column).isNotNull() & ~finite


def _refuse(dataset: Dataset, wrong: dict[str, tuple[Column, str]]) -> None:
    """Raise InputError for the first row for which one of the conditions holds, with the words that belong to it."""
    if not wrong or not dataset.count:
        return
    any_wrong = F.coalesce(*[F.when(condition, F.lit(column)) for column, (condition, _) in wrong.items()])
    if not dataset.rows.where(any_wrong.isNotNull()).limit(1).count():
        return
    spark = dataset.rows.sparkSession
    for file in dataset.files:  # a file is read by one task, in order, so that its rows can be counted
        rows = spark.read.schema(dataset.rows.schema).options(**_CSV, multiLine=True).csv(file)
        counted = rows.withColumn("_row", F.monotonically_increasing_id() + 1).withColumn("_column", any_wrong)
        found: Any = counted.where("_column IS NOT NULL").orderBy("_row").first()
        if found:
            value, header = found[found["_column"]], [str(found[column]) for column in dataset.columns]
            why = wrong[found["_column"]][1]
            hint = " It is a header: UNLOAD without HEADER." if header == dataset.columns else ""
            at = f"row {found['_row']}, column {found['_column']}"
            raise InputError(f"{dataset.name}: {file}, {at}: {value!r} {why}.{hint}")


def _file(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Hadoop's file system and path of one object: it knows s3:// wherever Spark does."""
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(uri)  # type: ignore[union-attr]  # py4j is untyped
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def _read(spark: SparkSession, uri: str) -> str:
    (system, path), jvm = _file(spark, uri), spark.sparkContext._jvm
    return str(jvm.org.apache.commons.io.IOUtils.toString(system.open(path), "UTF-8"))  # type: ignore[union-attr]  # py4j


def _write(spark: SparkSession, uri: str, value: dict[str, Any]) -> None:
    system, path = _file(spark, uri)
    stream = system.create(path, True)
    stream.write(bytearray(json.dumps(value, indent=1, ensure_ascii=False).encode()))
    stream.close()


def encode(
    spark: SparkSession, sources: dict[str, str], output: str, former: str | None = None, files: int = 4
) -> dict[str, Any]:
    """Reads, checks, learns the encoding or takes a former one, writes; returns the summary, which it writes last.

    :param sources: URI of the manifest by dataset; ``former`` is that of a former run's encoding.json.
    :param files: how many files train/ is cut into, so that each of several machines gets a share.
    """
    datasets = {name: read(spark, name, uri) for name, uri in sources.items()}
    learned = [name for name in datasets if name != "leads"]
    for dataset in datasets.values():
        check(dataset)
    encoding = json.loads(_read(spark, former)) if former else fit(datasets["train"])

    def save(rows: DataFrame, folder: str, parts: int = 1) -> None:
        rows.repartition(parts).write.mode("overwrite").options(**_CSV).csv(f"{output}{folder}/")

    tables = {name: datasets[name].rows if name == "test" else encoded(datasets[name], encoding) for name in datasets}
    for name, table in tables.items():
        save(table, "score_requests" if name == "leads" else name, files if name == "train" else 1)
    if learned:
        _write(spark, f"{output}encoding/encoding.json", encoding)
    counts = {f"{name}_rows": dataset.count for name, dataset in datasets.items()}
    outcome = "complete" if counts["leads_rows"] else "empty"
    rows = counts.get("train_rows", counts["leads_rows"])
    summary = {"outcome": outcome, "rows": rows, "columns": len(encoding["columns"]), **counts}
    _write(spark, f"{output}summary.json", summary)
    return summary


def main() -> None:
    """One run from the command line."""
    parser = argparse.ArgumentParser(description="Encode leads; the head of this file says how.")
    for name in ("train", "validation", "test"):
        parser.add_argument(f"--{name}", help="URI of UNLOAD's manifest of these rows, the label first")
    parser.add_argument("--leads", required=True, help="URI of UNLOAD's manifest of what is scored, the key first")
    parser.add_argument("--encoding", help="URI of a former run's encoding.json: nothing is learned")
    parser.add_argument("--output", required=True, help="URI of the folder to write")
    parser.add_argument("--files", type=int, default=4, help="files of train/: at least one for each machine")
    chosen = parser.parse_args()
    learned = {name: getattr(chosen, name) for name in ("train", "validation", "test") if getattr(chosen, name)}
    if len(learned) != 3 and (learned or not chosen.encoding):
        parser.error("all of --train, --validation and --test, or none of them and --encoding")
    spark = SparkSession.builder.appName("encode_leads").getOrCreate()
    sources, output = learned | {"leads": chosen.leads}, chosen.output.rstrip("/") + "/"
    print(json.dumps(encode(spark, sources, output, chosen.encoding, chosen.files)), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
