"""Reading a person's leads: what is taken, and what is refused with file, row and column."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from yard.errors import YardError
from yard.leads.generate import generate
from yard.leads.read import read
from yard.leads.table import LEADS

LEAD = {
    "lead_id": "a", "created_at": "2026-02-02 10:00:00", "age": "41", "job": "admin.", "marital": "single",
    "education": "unknown", "credit_default": "no", "housing_loan": "yes", "personal_loan": "no",
    "contact": "cellular", "month": "feb", "day_of_week": "mon", "campaign": "1", "pdays": "999", "previous": "0",
    "poutcome": "nonexistent", "emp_var_rate": "-1.1", "cons_price_idx": "93.994", "cons_conf_idx": "-36.4",
    "euribor3m": "4.857", "nr_employed": "5191", "duration": "", "converted": "no",
}  # fmt: skip
YES = {**LEAD, "lead_id": "z", "converted": "yes"}


def csv(folder: Path, *leads: dict[str, str], separator: str = ",") -> Path:
    path = folder / "leads.csv"
    pd.DataFrame(list(leads), columns=list(LEADS.columns)).to_csv(path, index=False, sep=separator)
    return path


def refused(path: Path) -> YardError:
    with pytest.raises(YardError) as raised:
        read(path)
    assert str(path) in raised.value.what
    return raised.value


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_made_up_leads_are_the_same_after_a_file(tmp_path: Path, kind: str) -> None:
    leads = generate(rows=2_000, weeks=4, end=date(2026, 6, 1), seed=1)
    path = tmp_path / f"leads.{kind}"
    if kind == "parquet":
        leads.to_parquet(path, index=False)
    else:
        leads.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read(path), leads, check_dtype=False)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    assert list(read(csv(tmp_path, LEAD, YES, separator=separator))["lead_id"]) == ["a", "z"]


def test_quotes_separators_and_line_ends_in_a_field_are_part_of_it(tmp_path: Path) -> None:
    job = 'self-employed, "other"\nat night'
    frame = read(csv(tmp_path, {**LEAD, "job": job}, YES))
    assert list(frame["job"]) == [job, "admin."]


def test_an_empty_field_is_missing_and_a_word_is_a_word(tmp_path: Path) -> None:
    empty = {**YES, "age": "", "job": "", "education": "NA", "euribor3m": ""}
    frame = read(csv(tmp_path, LEAD, empty))
    assert frame[["age", "job", "education", "euribor3m"]].isna().iloc[1].to_list() == [True, True, False, True]


@pytest.mark.parametrize(("yes", "no"), [("yes", "no"), ("1", "0"), ("1.0", "0.0"), ("Yes", "NO")])
def test_outcomes_are_yes_and_no_or_1_and_0_or_not_known_yet(tmp_path: Path, yes: str, no: str) -> None:
    leads = ({**LEAD, "lead_id": name, "converted": label} for name, label in {"a": yes, "b": no, "c": ""}.items())
    frame = read(csv(tmp_path, *leads))
    assert frame["converted"].to_list() == [1, 0, pd.NA]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("age", "forty", "row 3, column age: 'forty' is not a number (1 such rows of 3)"),
        ("age", "40.5", "row 3, column age: '40.5' is not a whole number"),
        ("campaign", "3000000000", "row 3, column campaign: '3000000000' is larger than the warehouse's column holds"),
        ("euribor3m", "4,857", "row 3, column euribor3m: '4,857' is not a number"),
        ("euribor3m", "NaN", "row 3, column euribor3m: 'NaN' is not a number"),
        ("nr_employed", "inf", "row 3, column nr_employed: 'inf' is not finite"),
        ("nr_employed", "-Infinity", "row 3, column nr_employed: '-Infinity' is not finite"),
        ("converted", "maybe", "row 3, column converted: 'maybe' is no outcome"),
        ("converted", "2", "row 3, column converted: '2' is no outcome"),
        ("created_at", "", "row 3, column created_at: empty is not a time"),
        ("created_at", "02/02/2026", "row 3, column created_at: '02/02/2026' is not a time"),
        ("lead_id", "", "row 3, column lead_id: empty is no id"),
        ("lead_id", "a", "row 3, column lead_id: 'a' stands in row 2, too"),
        ("lead_id", "x" * 65, "row 3, column lead_id: a text of 65 bytes; the warehouse's column holds 64"),
        ("contact", "é" * 9, "row 3, column contact: a text of 18 bytes; the warehouse's column holds 16"),
    ],
)
def test_a_wrong_value_is_named_by_file_row_and_column(tmp_path: Path, column: str, value: str, said: str) -> None:
    assert said in refused(csv(tmp_path, LEAD, {**YES, column: value}, {**LEAD, "lead_id": "c"})).what


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_in_a_parquet_file_too_what_is_no_number_is_not_the_same_as_missing(tmp_path: Path, value: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "leads.parquet"
    frame = pd.DataFrame([LEAD, YES, {**LEAD, "lead_id": "c"}])
    table = pa.Table.from_pandas(frame, preserve_index=False)
    place = table.column_names.index("euribor3m")
    pq.write_table(table.set_column(place, "euribor3m", pa.array([None, 1.5, value])), path)
    said = refused(path).what
    assert "row 2, column euribor3m" in said
    assert repr(str(value)) in said


def test_a_line_of_another_number_of_fields_is_named(tmp_path: Path) -> None:
    path = csv(tmp_path, LEAD, YES)
    path.write_text(path.read_text().rpartition(",")[0] + "\n")
    assert "Row #3: Expected 23 columns, got 22" in refused(path).what


def test_a_quote_that_nothing_closes_is_named(tmp_path: Path) -> None:
    path = csv(tmp_path, LEAD, YES)
    path.write_text(path.read_text().rstrip() + ',\n"')
    assert "cannot be read" in refused(path).what


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    pd.DataFrame([LEAD, YES]).drop(columns=["age", "converted"]).to_csv(path, index=False)
    assert "lacks the column age, converted" in refused(path).what


def test_a_missing_header_is_suspected(tmp_path: Path) -> None:
    path = csv(tmp_path, LEAD, YES)
    path.write_text(path.read_text().partition("\n")[2])
    assert "Is the first line a header?" in refused(path).what


@pytest.mark.parametrize(("label", "said"), [("no", "only 'no'"), ("yes", "only 'yes'"), ("", "nothing")])
def test_a_single_class_is_refused(tmp_path: Path, label: str, said: str) -> None:
    error = refused(csv(tmp_path, {**LEAD, "converted": label}, {**YES, "converted": label}))
    assert f"column converted: from here to the end {said}; a model learns from both outcomes" in error.what


def test_zero_leads_are_refused(tmp_path: Path) -> None:
    assert "holds no rows" in refused(csv(tmp_path)).what
