"""Leads become numbers; what is learned from labels is learned from train rows alone; wrong data is named."""

import csv
import importlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from spark_jobs.lead_scoring import encode_leads
from spark_jobs.lead_scoring.encode_leads import SMOOTHING, InputError

pytestmark = [
    pytest.mark.spark,
    # PySpark leaves it to Python to close the sockets over which it fetches rows.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

TYPES = {"label": "smallint", "lead_id": "character varying", "age": "integer", "job": "character varying"}
TRAIN = [["1", "30", "clerk"], ["0", "41", "clerk"], ["0", "", "miner"], ["1", "25", 'a "b", c\nd'], ["0", "50", ""]]
OTHERS = [["1", "33", "clerk"], ["0", "44", "pilot"]]
LEADS = [["lead-1", "30", "clerk"], ["lead-2", "", "pilot"], ["lead-3", "7", ""]]


class Unloads:
    """UNLOADs in a folder, as Redshift leaves them: CSV without a header, and a verbose manifest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: dict[str, str] = {}

    def add(self, name: str, rows: list[list[str]], columns: tuple[str, ...], promised: int | None = None) -> None:
        (self.folder / name).mkdir()
        file = self.folder / name / "000.csv"
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        file.write_text(text.getvalue(), encoding="utf-8", newline="")
        meta = {"content_length": file.stat().st_size, "record_count": len(rows) if promised is None else promised}
        elements = [{"name": column, "type": {"base": TYPES[column]}} for column in columns]
        manifest = {"entries": [{"url": file.as_uri(), "meta": meta}], "schema": {"elements": elements}}
        (self.folder / name / "manifest").write_text(json.dumps(manifest), encoding="utf-8")
        self.sources[name] = (self.folder / name / "manifest").as_uri()


@pytest.fixture
def unloads(tmp_path: Path) -> Unloads:
    return Unloads(tmp_path)


def learned(unloads: Unloads, **changed: list[list[str]]) -> dict[str, str]:
    """The four datasets, some of them changed."""
    rows = {"train": TRAIN, "validation": OTHERS, "test": OTHERS, "leads": LEADS} | changed
    for name, found in rows.items():
        unloads.add(name, found, ("lead_id" if name == "leads" else "label", "age", "job"))
    return unloads.sources


def lines(output: str, folder: str) -> list[list[str]]:
    place = Path(output.removeprefix("file://")) / folder
    found = []
    for path in sorted(place.glob("part-*")):
        found += list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    return found


def rate(positives: int, rows: int) -> float:
    return round((positives + SMOOTHING * 0.4) / (rows + SMOOTHING), 8)


def test_texts_become_the_rates_of_the_train_rows_and_what_is_missing_stays_so(
    spark: SparkSession, unloads: Unloads, output: str
) -> None:
    summary = encode_leads.encode(spark, learned(unloads), output)
    clerk, other = rate(1, 2), 0.4
    assert [[float(part or "nan") for part in line[1:]] for line in lines(output, "validation")] == [
        [33.0, clerk], [44.0, other],
    ]  # fmt: skip
    assert lines(output, "score_requests") == [
        ["lead-1", "30.0", str(clerk)], ["lead-2", "", str(other)], ["lead-3", "7.0", ""],
    ]  # fmt: skip
    assert {line[0] for line in lines(output, "train")} == {"0", "1"}
    assert summary["rows"] == summary["train_rows"] == 5
    assert summary["leads_rows"] == 3
    assert json.loads((Path(output.removeprefix("file://")) / "summary.json").read_text()) == summary


def test_test_rows_stay_as_they_came_for_a_former_models_encoding(
    spark: SparkSession, unloads: Unloads, output: str
) -> None:
    encode_leads.encode(spark, learned(unloads, test=TRAIN), output)
    assert sorted(lines(output, "test")) == sorted(TRAIN)


def test_spaces_around_a_key_and_a_text_stay(spark: SparkSession, unloads: Unloads, output: str) -> None:
    spaced = [["1", "30", " clerk "], ["0", "41", "clerk"]]
    encode_leads.encode(
        spark, learned(unloads, test=spaced, leads=[[" lead-1", "30", ""], ["lead-2 ", "7", ""]]), output
    )
    assert lines(output, "test") == spaced
    assert [line[0] for line in lines(output, "score_requests")] == [" lead-1", "lead-2 "]


def test_the_evaluation_on_one_machine_encodes_as_spark_does(
    spark: SparkSession, unloads: Unloads, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode_leads.encode(spark, learned(unloads, test=TRAIN), output, files=1)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "training_jobs" / "lead_scoring"))
    encoding: Any = importlib.import_module("encoding")
    folder = Path(output.removeprefix("file://"))
    columns = encoding.read_encoding(folder / "encoding" / "encoding.json")
    on_one = encoding.encode(encoding.read_rows(folder / "test", columns), columns)
    by_spark = encoding.numbers(encoding.read_rows(folder / "train", columns))
    assert sorted(map(str, on_one.tolist())) == sorted(map(str, by_spark.tolist()))


def test_labels_outside_of_the_train_rows_teach_nothing(spark: SparkSession, tmp_path: Path) -> None:
    encodings = []
    for number, label in enumerate("01"):
        unloads = Unloads(tmp_path / str(number))
        unloads.folder.mkdir()
        other = [[label, "33", "clerk"], ["0", "44", "pilot"], ["1", "44", "pilot"]]
        output = f"{unloads.folder.as_uri()}/out/"
        encode_leads.encode(spark, learned(unloads, validation=other, test=other), output)
        encodings.append((unloads.folder / "out/encoding/encoding.json").read_text())
    assert encodings[0] == encodings[1]


def test_a_former_encoding_is_taken_as_it_is_and_nothing_is_learned(
    spark: SparkSession, unloads: Unloads, output: str, tmp_path: Path
) -> None:
    former = {"columns": [{"name": "job", "kind": "category", "values": {"clerk": 0.9}, "other": 0.1}]}
    (tmp_path / "encoding.json").write_text(json.dumps(former))
    unloads.add("leads", LEADS, ("lead_id", "age", "job"))
    summary = encode_leads.encode(spark, unloads.sources, output, (tmp_path / "encoding.json").as_uri())
    assert lines(output, "score_requests") == [["lead-1", "0.9"], ["lead-2", "0.1"], ["lead-3", ""]]
    assert summary["rows"] == 3
    assert not (Path(output.removeprefix("file://")) / "encoding").exists()


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"name": "job", "kind": "number"}, "column 'job' is text, but was a number when the encoding was learned"),
        ({"name": "age", "kind": "category", "values": {"30": 0.9}, "other": 0.1}, "column 'age' is a number, but was"),
        ({"name": "income", "kind": "number"}, "lacks the column 'income'; it has age, job"),
    ],
)  # fmt: skip
def test_leads_that_a_former_encoding_does_not_fit_are_refused(
    column: dict[str, Any], words: str, spark: SparkSession, unloads: Unloads, output: str, tmp_path: Path
) -> None:
    (tmp_path / "encoding.json").write_text(json.dumps({"columns": [column]}))
    unloads.add("leads", LEADS, ("lead_id", "age", "job"))
    with pytest.raises(InputError, match=words):
        encode_leads.encode(spark, unloads.sources, output, (tmp_path / "encoding.json").as_uri())
    assert not Path(output.removeprefix("file://")).exists()


def test_train_rows_are_cut_into_as_many_files_as_there_are_machines(
    spark: SparkSession, unloads: Unloads, output: str
) -> None:
    many = [[str(number % 2), str(number), "clerk"] for number in range(40)]
    encode_leads.encode(spark, learned(unloads, train=many), output, files=3)
    files = list((Path(output.removeprefix("file://")) / "train").glob("part-*"))
    assert len(files) == 3
    assert all(path.stat().st_size for path in files)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "text in a numeric column": (
        {"train": [*TRAIN, ["1", "old", "clerk"]]}, r"train: .*000\.csv, row 6, column age: 'old' is no finite number"),
    "NaN": ({"train": [["1", "NaN", "clerk"], *TRAIN]}, r"row 1, column age: 'NaN' is no finite number"),
    "infinity": ({"test": [*OTHERS, ["1", "-Infinity", ""]]}, r"test: .*row 3, column age: '-Infinity'"),
    "a header row": (
        {"validation": [["label", "age", "job"], *OTHERS]}, r"validation: .*row 1, .*It is a header: UNLOAD without"),
    "a label that is none": ({"train": [*TRAIN, ["2", "1", ""]]}, r"row 6, column label: '2' is neither 0 nor 1"),
    "no label": ({"train": [*TRAIN, ["", "1", ""]]}, r"row 6, column label: None is neither 0 nor 1"),
    "a single class": ({"train": [row for row in TRAIN if row[0] == "0"]}, r"train: every label is 0"),
    "an empty validation set": ({"validation": []}, r"validation has no rows"),
    "a key twice": ({"leads": [*LEADS, LEADS[0]]}, r"leads: the key 'lead-1' stands in 2 rows"),
    "a key that is missing": ({"leads": [*LEADS, ["", "1", ""]]}, r"row 4, column lead_id: None cannot be a key"),
    "a key of two lines": ({"leads": [["a\nb", "1", ""]]}, r"row 1, column lead_id: 'a\\nb' cannot be a key"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_data_is_refused_with_file_row_and_column(
    case: str, spark: SparkSession, unloads: Unloads, output: str
) -> None:
    changed, words = WRONG[case]
    with pytest.raises(InputError, match=words):
        encode_leads.encode(spark, learned(unloads, **changed), output)
    assert not Path(output.removeprefix("file://")).exists()


def test_a_label_that_does_not_come_first_is_refused(spark: SparkSession, unloads: Unloads, output: str) -> None:
    learned(unloads)
    rows = [[row[1], row[0], row[2]] for row in OTHERS]
    (unloads.folder / "again").mkdir()
    again = Unloads(unloads.folder / "again")
    again.add("train", rows, ("age", "label", "job"))
    with pytest.raises(InputError, match=r"train: the first column is 'age'; the SQL selects 'label' first"):
        encode_leads.encode(spark, unloads.sources | again.sources, output)


def test_a_truncated_file_is_refused(spark: SparkSession, unloads: Unloads, output: str, tmp_path: Path) -> None:
    (tmp_path / "short").mkdir()
    short = Unloads(tmp_path / "short")
    short.add("train", TRAIN, ("label", "age", "job"), promised=6)
    with pytest.raises(InputError, match="promises 6 rows, its files hold 5"):
        encode_leads.encode(spark, learned(unloads) | short.sources, output)


def test_what_is_no_manifest_is_refused(spark: SparkSession, tmp_path: Path, output: str) -> None:
    (tmp_path / "manifest").write_text('{"entries": []}')
    with pytest.raises(InputError, match="is no manifest of UNLOAD"):
        encode_leads.encode(spark, {"leads": (tmp_path / "manifest").as_uri()}, output)
