"""The UCI Bank Marketing file: mapped to our names, and its rows given their dates."""

from pathlib import Path

import pandas as pd
import pytest

from yard.errors import YardError
from yard.leads.read import read
from yard.leads.table import LEADS

HEADER = (
    '"age";"job";"marital";"education";"default";"housing";"loan";"contact";"month";"day_of_week";"duration";'
    '"campaign";"pdays";"previous";"poutcome";"emp.var.rate";"cons.price.idx";"cons.conf.idx";"euribor3m";'
    '"nr.employed";"y"\n'
)


def row(month: str, y: str = "no", age: str = "56") -> str:
    return (
        f'{age};"housemaid";"married";"basic.4y";"unknown";"yes";"no";"telephone";"{month}";"mon";261;1;999;0;'
        f'"nonexistent";1.1;93.994;-36.4;4.857;5191;"{y}"\n'
    )


def bank(folder: Path, *rows: str) -> Path:
    path = folder / "bank.csv"
    path.write_text(HEADER + "".join(rows))
    return path


def test_every_column_has_its_place_in_our_table(tmp_path: Path) -> None:
    frame = read(bank(tmp_path, row("may"), row("may", "yes")))
    assert list(frame.columns) == list(LEADS.columns)
    first = frame.iloc[0].drop("created_at").to_dict()
    assert first == {
        "lead_id": "lead-000001", "age": 56, "job": "housemaid", "marital": "married", "education": "basic.4y",
        "credit_default": "unknown", "housing_loan": "yes", "personal_loan": "no", "contact": "telephone",
        "month": "may", "day_of_week": "mon", "campaign": 1, "pdays": 999, "previous": 0, "poutcome": "nonexistent",
        "emp_var_rate": 1.1, "cons_price_idx": 93.994, "cons_conf_idx": -36.4, "euribor3m": 4.857,
        "nr_employed": 5191.0, "duration": 261, "converted": 0,
    }  # fmt: skip
    assert frame["converted"].to_list() == [0, 1]


def test_the_rows_of_a_month_lie_evenly_spread_over_it_in_their_order(tmp_path: Path) -> None:
    frame = read(bank(tmp_path, row("jun"), row("jun", "yes"), row("jun"), row("jul")))
    assert frame["created_at"].to_list() == [
        pd.Timestamp("2008-06-06"),
        pd.Timestamp("2008-06-16"),
        pd.Timestamp("2008-06-26"),
        pd.Timestamp("2008-07-16 12:00"),
    ]


def test_a_year_passes_where_the_month_goes_backwards(tmp_path: Path) -> None:
    months = ["may", "oct", "dec", "mar", "dec", "feb", "nov"]
    frame = read(bank(tmp_path, *(row(month) for month in months), row("nov", "yes")))
    assert [str(time)[:7] for time in frame["created_at"]] == [
        "2008-05", "2008-10", "2008-12", "2009-03", "2009-12", "2010-02", "2010-11", "2010-11",
    ]  # fmt: skip


def test_rows_in_any_other_order_are_refused(tmp_path: Path) -> None:
    path = bank(tmp_path, *(row(month) for month in ["may", "apr", "mar", "feb"]), row("feb", "yes"))
    with pytest.raises(YardError, match="row 5, column month: 'feb' comes after 'mar' for the third time") as raised:
        read(path)
    assert "bank-additional-full.csv" in raised.value.remedy


def test_a_month_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(YardError, match="row 3, column month: 'mai' is no month"):
        read(bank(tmp_path, row("may"), row("mai", "yes")))


def test_a_wrong_value_is_named_by_the_files_own_name_of_its_column(tmp_path: Path) -> None:
    with pytest.raises(YardError, match=r"row 2, column y: 'perhaps' is no outcome"):
        read(bank(tmp_path, row("may", "perhaps"), row("may", "yes")))
    with pytest.raises(YardError, match=r"row 3, column age: 'old' is not a number"):
        read(bank(tmp_path, row("may", "yes"), row("may", age="old")))


def test_a_column_that_the_file_lacks_is_named_as_the_file_would(tmp_path: Path) -> None:
    path = bank(tmp_path, row("may"))
    path.write_text(path.read_text().replace('"emp.var.rate"', '"rate"'))
    with pytest.raises(YardError, match=r"lacks the column emp\.var\.rate"):
        read(path)
