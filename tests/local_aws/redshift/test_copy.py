"""COPY: what is loaded, what is refused, and how a bad row is told."""

import bz2
import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.local_aws.redshift.conftest import Warehouse

ROLE = "IAM_ROLE default"


@pytest.fixture
def visits(warehouse: Warehouse) -> Warehouse:
    warehouse.run(
        "CREATE TABLE {schema}.visits (who VARCHAR(8), item VARCHAR(20), n INT, paid DECIMAL(8,2), at TIMESTAMP)"
    )
    return warehouse


def load(warehouse: Warehouse, body: bytes | str, options: str, key: str = "in/a.csv") -> list[list[Any]]:
    """The rows of the table after a COPY of one object."""
    warehouse.put(key, body)
    warehouse.run(f"COPY {{schema}}.visits FROM 's3://{{bucket}}/{key}' {ROLE} {options}")
    return rows(warehouse)


def refuse(warehouse: Warehouse, body: bytes | str, options: str) -> str:
    """The error of a COPY, which must have loaded nothing."""
    warehouse.put("in/a.csv", body)
    error = warehouse.fails(f"COPY {{schema}}.visits FROM 's3://{{bucket}}/in/a.csv' {ROLE} {options}")
    assert rows(warehouse) == []
    return error


def rows(warehouse: Warehouse) -> list[list[Any]]:
    return warehouse.run("SELECT * FROM {schema}.visits ORDER BY n, who")


GOOD = 'ann,tea,1,2.50,2024-01-01 10:00:00\nbob,"a ""mug"", new",2,3,2024-01-02 11:00:00.5\n'
LOADED = [
    ["ann", "tea", 1, "2.50", "2024-01-01 10:00:00"],
    ["bob", 'a "mug", new', 2, "3.00", "2024-01-02 11:00:00.5"],
]


def test_csv_with_a_header(visits: Warehouse) -> None:
    assert load(visits, "who,item,n,paid,at\n" + GOOD, "CSV IGNOREHEADER 1") == LOADED


@pytest.mark.parametrize(("option", "compress"), [("GZIP", gzip.compress), ("BZIP2", bz2.compress)])
def test_compressed_csv(visits: Warehouse, option: str, compress: Any) -> None:
    assert load(visits, compress(GOOD.encode()), f"CSV {option}") == LOADED


def test_zstandard_csv(visits: Warehouse) -> None:
    sink = io.BytesIO()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(GOOD.encode())
        stream.flush()
        body = sink.getvalue()
    assert load(visits, body, "CSV ZSTD")[0] == LOADED[0]


def test_several_objects_under_a_prefix_and_a_column_list(visits: Warehouse) -> None:
    visits.put("in/part-1", "1|ann\n")
    visits.put("in/part-2", "2|bob\n")
    visits.put("in/part-3/", b"")
    visits.run(f"COPY {{schema}}.visits (n, who) FROM 's3://{{bucket}}/in/part-' {ROLE}")
    assert rows(visits) == [["ann", None, 1, None, None], ["bob", None, 2, None, None]]


def test_a_manifest_names_the_files(visits: Warehouse) -> None:
    visits.put("in/one", "ann|tea|1||\n")
    visits.put("in/two", "bob|mug|2||\n")
    visits.put("in/stray", "eve|pot|3||\n")
    entries = [
        {"url": f"s3://{visits.bucket}/in/{name}", "mandatory": name != "gone"} for name in ("one", "two", "gone")
    ]
    assert load(visits, json.dumps({"entries": entries}), "MANIFEST", key="m.manifest") == [
        ["ann", "tea", 1, None, None],
        ["bob", "mug", 2, None, None],
    ]
    entries[2]["mandatory"] = True
    visits.put("m.manifest", json.dumps({"entries": entries}))
    error = visits.fails(f"COPY {{schema}}.visits FROM 's3://{{bucket}}/m.manifest' {ROLE} MANIFEST")
    assert f"Mandatory url is not found in S3: s3://{visits.bucket}/in/gone" in error


def test_what_means_null(visits: Warehouse) -> None:
    body = "\\N|   |1||\n|x|2||\nNA|y|3|NA|\n"
    assert [row[:4] for row in load(visits, body, "NULL AS 'NA' BLANKSASNULL EMPTYASNULL")] == [
        ["\\N", None, 1, None],
        [None, "x", 2, None],
        [None, "y", 3, None],
    ]
    visits.run("TRUNCATE {schema}.visits")
    assert [row[:3] for row in load(visits, "\\N|   |1||\n|x|2||\n", "")] == [[None, "   ", 1], ["", "x", 2]]


def test_escape_and_removequotes(visits: Warehouse) -> None:
    body = "ann|a\\|b\\\\c|1||\nbob|two\\\nlines|2||\n\"eve\"|'it\\'s'|3||\n"
    assert [row[1] for row in load(visits, body, "ESCAPE REMOVEQUOTES")] == ["a|b\\c", "two\nlines", "it's"]


def test_fixed_width(visits: Warehouse) -> None:
    body = "ann  tea  1\nbob  mug  2\n"
    visits.put("in/f", body)
    visits.run(f"COPY {{schema}}.visits (who, item, n) FROM 's3://{{bucket}}/in/f' {ROLE} FIXEDWIDTH 'a:5,b:5,c:1'")
    assert [row[:3] for row in rows(visits)] == [["ann", "tea", 1], ["bob", "mug", 2]]


@pytest.mark.parametrize(
    ("option", "text", "loaded"),
    [
        ("", "2024-01-05 06:07:08.25", "2024-01-05 06:07:08.25"),
        ("TIMEFORMAT 'auto'", "2024-01-05T06:07:08Z", "2024-01-05 06:07:08"),
        ("TIMEFORMAT AS 'auto'", "Jan 05, 2024", "2024-01-05 00:00:00"),
        ("TIMEFORMAT 'MM/DD/YYYY HH:MI'", "01/05/2024 18:07", "2024-01-05 18:07:00"),
        ("TIMEFORMAT 'DD Mon YYYY HH12:MI AM'", "05 Jan 2024 06:07 PM", "2024-01-05 18:07:00"),
        ("TIMEFORMAT 'epochsecs'", "1704434828", "2024-01-05 06:07:08"),
        ("TIMEFORMAT 'epochmillisecs'", "1704434828250", "2024-01-05 06:07:08.25"),
        ("ACCEPTANYDATE DATEFORMAT 'auto' TIMEFORMAT 'auto'", "00/00/00 00:00:00", None),
    ],
)
def test_times(visits: Warehouse, option: str, text: str, loaded: str | None) -> None:
    assert load(visits, f"ann|tea|1||{text}\n", option)[0][4] == loaded


@pytest.mark.parametrize(("option", "loaded"), [("", "20.25"), ("ROUNDEC", "20.26")])
def test_decimals_are_cut_unless_rounded(visits: Warehouse, option: str, loaded: str) -> None:
    assert load(visits, "ann|tea|1|20.259|\n", option)[0][3] == loaded


def test_fillrecord_truncatecolumns_and_trimblanks(visits: Warehouse) -> None:
    body = "much too long a name|tea  |1\n"
    assert load(visits, body, "FILLRECORD TRUNCATECOLUMNS TRIMBLANKS")[0][:3] == ["much too", "tea", 1]


def test_invalid_bytes_are_refused_or_replaced(visits: Warehouse) -> None:
    body = b"ann|ok|1||\nbob|b\xff\xfed|2||\n"
    assert "String contains invalid or unsupported UTF8 codepoints" in refuse(visits, body, "")
    assert [row[1] for row in load(visits, body, "ACCEPTINVCHARS AS '^'")] == ["ok", "b^^d"]


def test_json_by_names_by_paths_and_without_regard_to_case(visits: Warehouse) -> None:
    body = '{"who":"ann","n":1,"paid":2.5,"extra":true,"item":{"k":[1,2]}}\n{"n":2}{"who":null,\n"n":3}'
    assert [row[:4] for row in load(visits, body, "JSON 'auto'", key="in/a.json")] == [
        ["ann", '{"k":[1,2]}', 1, "2.50"],
        [None, None, 2, None],
        [None, None, 3, None],
    ]
    visits.run("TRUNCATE {schema}.visits")
    assert load(visits, '{"WHO":"ann","N":7}', "JSON 'auto ignorecase'", key="in/b.json")[0][:3] == ["ann", None, 7]
    visits.run("TRUNCATE {schema}.visits")
    visits.put("paths.json", json.dumps({"jsonpaths": ["$['user']['name']", "$.tags[1]", "$.n", "$.p", "$.t"]}))
    body = '{"user":{"name":"eve"},"tags":["a","b"],"n":4,"p":"1","t":"2024-01-01"}'
    assert load(visits, body, f"JSON 's3://{visits.bucket}/paths.json'", key="in/c.json") == [
        ["eve", "b", 4, "1.00", "2024-01-01 00:00:00"]
    ]


def test_broken_json_is_told_with_its_file(visits: Warehouse) -> None:
    error = refuse(visits, '{"who":"ann"}\n{"who":', "JSON 'auto'")
    assert "Load into table" in error
    assert f"s3://{visits.bucket}/in/a.csv" in error


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_parquet_by_position(visits: Warehouse) -> None:
    body = parquet(
        a=["ann"], b=["tea"], c=pa.array([1], pa.int32()), d=pa.array([2], pa.decimal128(8, 2)),
        e=pa.array([1_704_434_828_000_000], pa.timestamp("us")),
    )  # fmt: skip
    assert load(visits, body, "FORMAT AS PARQUET", key="in/a.parquet") == [
        ["ann", "tea", 1, "2.00", "2024-01-05 06:07:08"]
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (parquet(a=["ann"]), "Unmatched number of columns between table and file. Table columns: 5, Data columns: 1"),
        (parquet(who=["ann"], item=["tea"], n=[1], paid=[1.0], at=["x"]), "incompatible Parquet schema for column 'n'"),
    ],
)
def test_parquet_of_another_shape_is_refused(visits: Warehouse, body: bytes, reason: str) -> None:
    assert reason in refuse(visits, body, "PARQUET")


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({}, "File entry does not have 'meta' key"),
        ({"meta": {}}, "File entry does not have 'meta' key"),
        ({"meta": {"content_length": 10**6}}, "416 Message: InvalidRange"),
        ({"meta": {"content_length": 10}}, "has an invalid version number"),
    ],
)
def test_a_manifest_must_tell_the_length_of_parquet(warehouse: Warehouse, meta: dict[str, Any], reason: str) -> None:
    body = parquet(a=["x"])
    warehouse.run("CREATE TABLE {schema}.one (a VARCHAR(3))")
    warehouse.put("in/a.parquet", body)
    statement = f"COPY {{schema}}.one FROM 's3://{{bucket}}/m' {ROLE} MANIFEST PARQUET"
    entry = {"url": f"s3://{warehouse.bucket}/in/a.parquet", "mandatory": True}
    warehouse.put("m", json.dumps({"entries": [{**entry, **meta}]}))
    assert reason in warehouse.fails(statement)
    warehouse.put("m", json.dumps({"entries": [{**entry, "meta": {"content_length": len(body)}}]}))
    warehouse.run(statement)
    assert warehouse.run("SELECT a FROM {schema}.one") == [["x"]]


def test_parquet_wider_than_its_column_is_refused(visits: Warehouse) -> None:
    visits.run("CREATE TABLE {schema}.narrow (a VARCHAR(3))")
    visits.put("in/w.parquet", parquet(a=["long"]))
    error = visits.fails(f"COPY {{schema}}.narrow FROM 's3://{{bucket}}/in/w.parquet' {ROLE} PARQUET")
    assert "longer than the length defined in the table. Table: 3, Data: 4" in error


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("CSV NULL AS '@'", "CSV NULL AS '@'"),
        ("CSV GZIP NULL AS '@'", "CSV GZIP NULL AS '@'"),
        ("ESCAPE NULL AS '@'", "ESCAPE NULL AS '@'"),
        ("DELIMITER '^' ZSTD ESCAPE NULL AS '@'", "DELIMITER '^' ZSTD ESCAPE NULL AS '@'"),
        ("ADDQUOTES ESCAPE BZIP2 NULL AS '@'", "REMOVEQUOTES ESCAPE BZIP2 NULL AS '@'"),
        ("PARQUET", "PARQUET"),
        ("JSON", "JSON 'auto'"),
    ],
)
def test_what_unload_wrote_copy_reads(visits: Warehouse, written: str, read: str) -> None:
    before = load(visits, 'ann|a\\|b|1|2.5|2024-01-01 00:00:00\n|\\\\\\\nx|2||\nünï|"q"|3|-1|\n', "ESCAPE")
    visits.run(f"UNLOAD ('SELECT * FROM {{schema}}.visits') TO 's3://{{bucket}}/trip/' {ROLE} MANIFEST {written}")
    visits.run("TRUNCATE {schema}.visits")
    visits.run(f"COPY {{schema}}.visits FROM 's3://{{bucket}}/trip/manifest' {ROLE} MANIFEST {read}")
    assert rows(visits) == before


def test_a_bad_row_is_told_with_file_line_column_value_and_reason(visits: Warehouse) -> None:
    body = (
        "who,item,n,paid,at\n"
        "ann,tea,1,1,2024-01-01\n"
        'bob,"two\nlines",x2,1,\n'
        "eve,only three,3\n"
        "joe,five,5,1,2024-01-05T00:00:00,extra\n"
        "kim,six,6,abc,\n"
        "far too long,seven,7,1,\n"
        "lee,eight,8,1,2024-13-01\n"
        "max,nine,99999999999,1,\n"
    )
    error = refuse(visits, body, "CSV IGNOREHEADER 1")
    table = f"{visits.schema}.visits"
    assert error.startswith(
        f"ERROR: Load into table '{table}' failed. Check 'sys_load_error_detail' system table for details."
    )
    place = f"Detail: s3://{visits.bucket}/in/a.csv, line"
    for told in (
        f"{place} 3, column n integer: Invalid digit, Value 'x', Pos 0, Type: Integer; value 'x2' (error 1207)",
        f"{place} 5: Delimiter not found; line 'eve,only three,3' (error 1214)",
        f"{place} 6: Extra column(s) found",
        f"{place} 7, column paid numeric(8,2): Invalid digit, Value 'a', Pos 0, Type: Decimal",
        f"{place} 8, column who character varying(8): String length exceeds DDL length; value 'far too long'",
        f"{place} 9, column at timestamp without time zone: Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]",
        f"{place} 10, column n integer: Overflow, value out of range for integer",
    ):
        assert told in error
    detail = visits.run(
        "SELECT line_number, column_name, error_code FROM sys_load_error_detail WHERE table_name = "
        f"'{table}' ORDER BY line_number"
    )
    assert [row[:2] for row in detail] == [[3, "n"], [5, ""], [6, ""], [7, "paid"], [8, "who"], [9, "at"], [10, "n"]]


def test_not_null_is_held(visits: Warehouse) -> None:
    visits.run("CREATE TABLE {schema}.strict (a INT NOT NULL, b INT)")
    visits.put("in/s", "1|2\n|3\n")
    error = visits.fails(f"COPY {{schema}}.strict FROM 's3://{{bucket}}/in/s' {ROLE}")
    assert "line 2, column a integer: Missing data for not-null field" in error


def test_maxerror_leaves_out_fewer_rows_than_it_says(visits: Warehouse) -> None:
    body = "ann|tea|1||\nbob|tea|x||\neve|tea|y||\n"
    refuse(visits, body, "MAXERROR 2")
    assert [row[0] for row in load(visits, body, "MAXERROR 3")] == ["ann"]
    visits.run("TRUNCATE {schema}.visits")
    assert [row[0] for row in load(visits, body, "IGNOREALLERRORS")] == ["ann"]


def test_noload_checks_and_loads_nothing(visits: Warehouse) -> None:
    assert load(visits, GOOD, "CSV NOLOAD") == []
    refuse(visits, "ann,tea,x,1,\n", "CSV NOLOAD")


def test_identity_columns_fill_themselves_unless_ids_are_explicit(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE {schema}.numbered (id BIGINT IDENTITY(5, 1), a VARCHAR(5))")
    warehouse.put("in/n", "x\n")
    warehouse.put("in/e", "99|y\n")
    warehouse.run(f"COPY {{schema}}.numbered FROM 's3://{{bucket}}/in/n' {ROLE}")
    warehouse.run(f"COPY {{schema}}.numbered FROM 's3://{{bucket}}/in/e' {ROLE} EXPLICIT_IDS")
    assert warehouse.run("SELECT * FROM {schema}.numbered ORDER BY 1") == [[5, "x"], [99, "y"]]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("COPY {schema}.nope FROM 's3://{bucket}/x' IAM_ROLE default", '.nope" does not exist'),
        (
            "COPY {schema}.visits FROM 's3://{bucket}/none' IAM_ROLE default",
            "The specified S3 prefix 'none' does not exist",
        ),
        ("COPY {schema}.visits FROM 's3://no-such-bucket-here/x' IAM_ROLE default", "Error NoSuchBucket"),
        ("COPY {schema}.visits (zip) FROM 's3://{bucket}/x' IAM_ROLE default", 'column "zip" of relation "visits"'),
    ],
)
def test_a_copy_that_cannot_begin_says_why(visits: Warehouse, statement: str, reason: str) -> None:
    assert reason in visits.fails(statement)


def test_the_number_of_loaded_rows_is_told(visits: Warehouse) -> None:
    visits.put("in/a", GOOD)
    described = visits.describe(f"COPY {{schema}}.visits FROM 's3://{{bucket}}/in/a' {ROLE} CSV")
    assert (described["ResultRows"], described["HasResultSet"]) == (2, False)
