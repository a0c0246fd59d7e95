"""UNLOAD: the files on S3, their names, their bytes, and that there are all of them or none."""

import bz2
import gzip
import io
import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.local_aws.redshift.conftest import Warehouse

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/warehouse'"
ROWS = """
    INSERT INTO {schema}.visits VALUES
      ('ann', 'i|1', true, 1.0, 2.50, '2024-01-01 10:00:00', '2024-01-01'),
      ('b"b', '', false, 0.5, NULL, '2024-01-02 00:00:00.123', NULL),
      (NULL, 'ünï', NULL, NULL, 3, NULL, '2024-01-03')
"""


@pytest.fixture
def visits(warehouse: Warehouse) -> Warehouse:
    warehouse.run(
        "CREATE TABLE {schema}.visits (who VARCHAR(20), item VARCHAR(10), bought BOOLEAN, share FLOAT, "
        "paid DECIMAL(8,2), at TIMESTAMP, day DATE)"
    )
    warehouse.run(ROWS)
    return warehouse


def unload(
    warehouse: Warehouse, options: str, query: str = "SELECT * FROM {schema}.visits ORDER BY day", to: str = "out/x_"
) -> None:
    warehouse.run(f"UNLOAD ($${query}$$) TO 's3://{{bucket}}/{to}' {ROLE} {options}")


def table(warehouse: Warehouse, key: str) -> pa.Table:
    return pq.read_table(io.BytesIO(warehouse.get(key)))


def test_text_is_delimited_by_pipes_with_empty_nulls(visits: Warehouse) -> None:
    unload(visits, "PARALLEL OFF")
    assert visits.keys() == ["out/x_000"]
    assert visits.get("out/x_000").decode() == (
        "ann|i|1|t|1|2.50|2024-01-01 10:00:00|2024-01-01\n"
        "|ünï|||3.00||2024-01-03\n"
        'b"b||f|0.5||2024-01-02 00:00:00.123|\n'
    )


def test_csv_quotes_what_must_be_quoted(visits: Warehouse) -> None:
    unload(visits, "CSV DELIMITER '|' HEADER NULL AS 'NA'")
    assert visits.get("out/x_0000_part_00").decode() == (
        "who|item|bought|share|paid|at|day\n"
        'ann|"i|1"|t|1|2.50|2024-01-01 10:00:00|2024-01-01\n'
        "NA|ünï|NA|NA|3.00|NA|2024-01-03\n"
        '"b""b"|""|f|0.5|NA|2024-01-02 00:00:00.123|NA\n'
    )


def test_a_field_with_a_line_end_is_quoted(visits: Warehouse) -> None:
    unload(visits, "CSV", "SELECT 'a' || CHR(10) || 'b', 'c' || CHR(13), '', NULL, 'd''e'")
    assert visits.get("out/x_0000_part_00") == b'"a\nb","c\r","",,d\'e\n'


@pytest.mark.parametrize(
    ("delimiter", "line"),
    [
        (",", "-1.5,2024-01-01,t"),
        ("-", '"-1.5"-"2024-01-01"-t'),
        ("t", '-1.5t2024-01-01t"t"'),
        ("\\t", "-1.5\t2024-01-01\tt"),
    ],
)
def test_a_number_or_a_date_that_holds_the_delimiter_is_quoted(visits: Warehouse, delimiter: str, line: str) -> None:
    unload(visits, f"CSV DELIMITER '{delimiter}'", "SELECT -1.5::float, '2024-01-01'::date, true")
    assert visits.get("out/x_0000_part_00").decode() == f"{line}\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1", "1"), ("-20.0", "-20"), ("100.05", "100.05"), ("3.1e-05", "3.1e-05"), ("1e20", "1e+20"), ("0", "0"),
        ("'Infinity'", "Infinity"), ("'-Infinity'", "-Infinity"), ("'NaN'", "NaN"), ("0.1", "0.1"), ("NULL", "?"),
    ],
)  # fmt: skip
def test_a_float_is_written_as_redshift_prints_it(visits: Warehouse, number: str, text: str) -> None:
    for kind in ("float8", "float4"):
        unload(visits, "CSV NULL AS '?' ALLOWOVERWRITE", f"SELECT {number}::{kind}")
        assert visits.get("out/x_0000_part_00").decode() == f"{text}\n"


def test_the_digits_of_a_float_are_the_fewest_that_say_it(visits: Warehouse) -> None:
    made = random.Random(1)
    numbers = [made.choice((1, -1)) * made.random() * 10.0 ** made.randint(-8, 19) for _ in range(2_000)]
    numbers += [float(made.randint(-(10**6), 10**6)) / made.choice((1, 4, 7, 10, 1_000)) for _ in range(2_000)]
    numbers += [sign * 10.0**power for power in range(-8, 20) for sign in (1, -1)] + [0.0, -0.0, 2.0**53, 5e-324]
    visits.run("CREATE TABLE {schema}.numbers (place INT, number FLOAT8)")
    visits.put("numbers.csv", "".join(f"{place},{number!r}\n" for place, number in enumerate(numbers)))
    visits.run(f"COPY {{schema}}.numbers FROM 's3://{{bucket}}/numbers.csv' {ROLE} CSV")
    unload(visits, "CSV PARALLEL OFF", "SELECT number FROM {schema}.numbers ORDER BY place")
    assert visits.get("out/x_000").decode().splitlines() == [repr(number).removesuffix(".0") for number in numbers]


def test_null_as_does_not_reach_a_super(visits: Warehouse) -> None:
    unload(visits, "NULL AS 'NA'", "SELECT NULL::int, JSON_PARSE('null'), JSON_PARSE(NULL), JSON_PARSE('{\"a\":1}')")
    assert visits.get("out/x_0000_part_00").decode() == 'NA|null|null|{"a":1}\n'


def test_addquotes_and_escape(visits: Warehouse) -> None:
    unload(visits, "ADDQUOTES ESCAPE", "SELECT who, item FROM {schema}.visits ORDER BY 1")
    assert visits.get("out/x_0000_part_00").decode() == '"ann"|"i\\|1"\n"b\\"b"|""\n|"ünï"\n'


def test_json_writes_one_object_a_line(visits: Warehouse) -> None:
    unload(visits, "JSON", "SELECT who, bought, paid, at FROM {schema}.visits ORDER BY at")
    lines = [json.loads(line) for line in visits.get("out/x_0000_part_00").splitlines()]
    assert lines == [
        {"who": "ann", "bought": "t", "paid": 2.5, "at": "2024-01-01 10:00:00"},
        {"who": 'b"b', "bought": "f", "paid": None, "at": "2024-01-02 00:00:00.123"},
        {"who": None, "bought": None, "paid": 3.0, "at": None},
    ]


def test_fixed_width_pads_and_refuses_what_does_not_fit(visits: Warehouse) -> None:
    unload(visits, "FIXEDWIDTH 'who:5,paid:6'", "SELECT who, paid FROM {schema}.visits WHERE paid > 0 ORDER BY 2")
    assert visits.get("out/x_0000_part_00").decode() == "ann  2.50  \n     3.00  \n"
    error = visits.fails(
        f"UNLOAD ('SELECT who FROM {{schema}}.visits') TO 's3://{{bucket}}/y' {ROLE} FIXEDWIDTH 'who:2'"
    )
    assert "column who is longer than its fixed width 2" in error


def test_a_null_string_wider_than_its_column_is_refused_for_text_and_left_out_elsewhere(visits: Warehouse) -> None:
    options = f"{ROLE} NULL AS 'none' FIXEDWIDTH 'a:3'"
    visits.run(f"UNLOAD ('SELECT NULL::int') TO 's3://{{bucket}}/n/' {options}")
    assert visits.get("n/0000_part_00") == b"   \n"
    assert "fixed width 3" in visits.fails(f"UNLOAD ('SELECT NULL::varchar(9)') TO 's3://{{bucket}}/t/' {options}")


@pytest.mark.parametrize(("option", "ending"), [("GZIP", "gz"), ("BZIP2", "bz2"), ("ZSTD", "zst")])
def test_compressed_files_hold_the_same_lines(visits: Warehouse, option: str, ending: str) -> None:
    unload(visits, f"CSV {option}", "SELECT who FROM {schema}.visits ORDER BY 1")
    body = visits.get(f"out/x_0000_part_00.{ending}")
    plain: dict[str, Any] = {"gz": gzip.decompress, "bz2": bz2.decompress, "zst": _unzstd}
    assert plain[ending](body).decode() == 'ann\n"b""b"\n\n'


def _unzstd(body: bytes) -> bytes:
    return bytes(pa.CompressedInputStream(io.BytesIO(body), "zstd").read())


def test_parquet_keeps_types_and_names(visits: Warehouse) -> None:
    unload(visits, "FORMAT AS PARQUET", "SELECT *, count(*) OVER (), sum(paid) OVER () FROM {schema}.visits")
    found = table(visits, "out/x_0000_part_00.parquet")
    assert found.schema.names == ["who", "item", "bought", "share", "paid", "at", "day", "count", "sum"]
    kinds = {name: str(found.schema.field(name).type) for name in found.schema.names}
    assert kinds["at"] == "timestamp[us]"
    assert kinds["paid"] == "decimal128(8, 2)"
    assert kinds["day"] == "date32[day]"
    assert (kinds["count"], kinds["sum"]) == ("int64", "decimal128(38, 2)")
    assert sorted(found["who"].to_pylist(), key=str) == [None, "ann", 'b"b']


def test_partitions_become_hive_folders_and_leave_the_files(visits: Warehouse) -> None:
    unload(visits, "PARQUET PARTITION BY (day) MANIFEST", to="lake")
    assert visits.keys("lake/") == [
        "lake/day=2024-01-01/0000_part_00.parquet",
        "lake/day=2024-01-03/0000_part_00.parquet",
        "lake/day=__HIVE_DEFAULT_PARTITION__/0000_part_00.parquet",
        "lake/manifest",
    ]
    assert "day" not in pq.read_schema(io.BytesIO(visits.get("lake/day=2024-01-01/0000_part_00.parquet"))).names
    listed = [entry["url"] for entry in json.loads(visits.get("lake/manifest"))["entries"]]
    assert listed == [f"s3://{visits.bucket}/{key}" for key in visits.keys("lake/day")]


@pytest.mark.parametrize(("option", "first_line"), [("", b"ann,t\n"), ("INCLUDE", b"ann,t,2024-01-01\n")])
def test_text_can_be_partitioned_too(visits: Warehouse, option: str, first_line: bytes) -> None:
    unload(visits, f"CSV PARTITION BY (day) {option}", "SELECT who, bought, day FROM {schema}.visits", to="lake/")
    assert visits.get("lake/day=2024-01-01/0000_part_00") == first_line


def test_a_verbose_manifest_tells_rows_bytes_and_types(visits: Warehouse) -> None:
    unload(
        visits, "CSV HEADER MANIFEST VERBOSE", "SELECT who, paid, at, count(*) FROM {schema}.visits GROUP BY 1, 2, 3"
    )
    manifest = json.loads(visits.get("out/x_manifest"))
    size = len(visits.get("out/x_0000_part_00"))
    url = f"s3://{visits.bucket}/out/x_0000_part_00"
    # The header line counts as a row, as the guide says.
    assert manifest["entries"] == [{"url": url, "meta": {"content_length": size, "record_count": 4}}]
    assert manifest["meta"] == {"content_length": size, "record_count": 4}
    assert manifest["schema"]["elements"] == [
        {"name": "who", "type": {"base": "character varying", "max_length": 20}},
        {"name": "paid", "type": {"base": "numeric", "precision": 8, "scale": 2}},
        {"name": "at", "type": {"base": "timestamp without time zone"}},
        {"name": "count", "type": {"base": "bigint"}},
    ]
    assert manifest["author"]["name"] == "Amazon Redshift"


def test_a_manifest_of_parquet_always_tells_the_length_of_its_files(visits: Warehouse) -> None:
    unload(visits, "PARQUET MANIFEST")
    [entry] = json.loads(visits.get("out/x_manifest"))["entries"]
    assert entry["meta"] == {"content_length": len(visits.get("out/x_0000_part_00.parquet"))}


def test_the_key_of_the_objects_is_the_one_asked_for(visits: Warehouse) -> None:
    unload(visits, "PARQUET MANIFEST ENCRYPTED KMS_KEY_ID 'alias/lake'")
    for key in visits.keys("out/"):
        head = visits.s3.head_object(Bucket=visits.bucket, Key=key)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/lake")


def test_without_a_key_objects_are_encrypted_by_s3(visits: Warehouse) -> None:
    unload(visits, "CSV")
    assert visits.s3.head_object(Bucket=visits.bucket, Key="out/x_0000_part_00")["ServerSideEncryption"] == "AES256"


def test_zero_rows_leave_nothing_not_even_a_manifest(visits: Warehouse) -> None:
    for format_ in ("PARQUET", "CSV HEADER", "JSON GZIP"):
        unload(visits, f"{format_} MANIFEST", "SELECT * FROM {schema}.visits WHERE 1 = 0")
    assert visits.keys() == []


def test_the_number_of_rows_is_told_by_the_session(visits: Warehouse) -> None:
    batch = visits.data.batch_execute_statement(
        WorkgroupName="trainyard",
        Database="dev",
        Sqls=[
            f"UNLOAD ('SELECT * FROM {visits.schema}.visits') TO 's3://{visits.bucket}/n/' {ROLE}",
            "SELECT pg_last_unload_count()",
        ],
    )
    described = visits.ended(batch["Id"])
    assert described["Status"] == "FINISHED", described
    assert visits.rows(f"{batch['Id']}:2") == [[3]]
    logged = "SELECT count(*), sum(line_count) FROM stl_unload_log WHERE path LIKE 's3://{bucket}/n/%'"
    assert visits.run(logged) == [[1, 3]]


def test_a_used_prefix_is_refused_unless_told_otherwise(visits: Warehouse) -> None:
    visits.put("out/x_old", "x")
    statement = f"UNLOAD ('SELECT who FROM {{schema}}.visits') TO 's3://{{bucket}}/out/x_' {ROLE} CSV PARALLEL OFF"
    assert visits.fails(statement).startswith("ERROR: Specified unload destination on S3 is not empty. Consider using")
    visits.run(f"{statement} ALLOWOVERWRITE")
    assert visits.keys() == ["out/x_000", "out/x_old"]
    visits.run(f"{statement} CLEANPATH")
    assert visits.keys() == ["out/x_000"]


def test_cleanpath_with_partitions_cleans_only_those_that_get_files(visits: Warehouse) -> None:
    visits.put("lake/day=2024-01-01/old", "x")
    visits.put("lake/day=2020-01-01/old", "x")
    unload(
        visits,
        "CSV PARTITION BY (day) CLEANPATH",
        "SELECT who, day FROM {schema}.visits WHERE day < '2024-01-02'",
        to="lake/",
    )
    assert visits.keys() == ["lake/day=2020-01-01/old", "lake/day=2024-01-01/0000_part_00"]


def test_a_query_that_fails_half_way_leaves_nothing(visits: Warehouse) -> None:
    query = "SELECT i, 1 / (150000 - i) FROM generate_series(1, 200000) AS t(i)"
    error = visits.fails(f"UNLOAD ('{query}') TO 's3://{{bucket}}/f/' {ROLE} CSV MANIFEST")
    assert "Divide by zero" in error
    assert visits.keys() == []
    assert not list((visits.root / "redshift" / "scratch").glob("unload-*"))


def test_a_fault_while_publishing_takes_everything_back(visits: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    visits.put("out/x_0000_part_00", "old")
    from local_aws.objects import ObjectStore

    publish = ObjectStore.publish

    def full_disk(self: ObjectStore, incoming: Any, uri: str, **details: Any) -> Any:
        if uri.endswith("manifest"):
            raise OSError(28, "No space left on device")
        return publish(self, incoming, uri, **details)

    monkeypatch.setattr(ObjectStore, "publish", full_disk)
    error = visits.fails(f"UNLOAD ('SELECT 1') TO 's3://{{bucket}}/out/x_' {ROLE} CSV MANIFEST ALLOWOVERWRITE")
    assert "No space left on device" in error
    assert visits.keys() == ["out/x_0000_part_00"]
    assert visits.get("out/x_0000_part_00") == b"old"


def test_parallel_off_keeps_the_order_over_several_files(visits: Warehouse) -> None:
    query = (
        "SELECT i, md5(i::varchar) AS a, md5((i + 1)::varchar) AS b FROM generate_series(1, 400000) AS t(i) ORDER BY i"
    )
    for format_, ending in (("PARQUET", ".parquet"), ("CSV", "")):
        unload(visits, f"{format_} PARALLEL OFF MAXFILESIZE 8 MB MANIFEST VERBOSE", query, to=f"{format_}/")
        keys = [key for key in visits.keys(f"{format_}/") if not key.endswith("manifest")]
        assert keys == [f"{format_}/{number:03d}{ending}" for number in range(len(keys))]
        assert len(keys) > 1
        entries = json.loads(visits.get(f"{format_}/manifest"))["entries"]
        assert sum(entry["meta"]["record_count"] for entry in entries) == 400_000
    numbers = [n for key in visits.keys("PARQUET/0") for n in table(visits, key)["i"].to_pylist()]
    assert numbers == list(range(1, 400_001))
    assert max(len(visits.get(key)) for key in visits.keys("CSV/0")) <= 8 << 20
    lines = b"".join(visits.get(key) for key in visits.keys("CSV/0")).splitlines()
    assert [int(line.split(b",")[0]) for line in lines] == numbers


def test_texts_of_the_largest_size_are_unloaded_whole(visits: Warehouse) -> None:
    query = "SELECT i, REPEAT('x', 65535) AS a, REPEAT('y', 65535) AS b FROM generate_series(1, 3000) AS t(i)"
    unload(visits, "CSV GZIP PARALLEL OFF MANIFEST VERBOSE", query)
    lines = gzip.decompress(visits.get("out/x_000.gz")).splitlines()
    assert {len(line.split(b",", 1)[1]) for line in lines} == {2 * 65535 + 1}
    assert json.loads(visits.get("out/x_manifest"))["meta"]["record_count"] == len(lines) == 3000


def test_parallel_files_are_named_by_slice_and_part_and_hold_every_row(visits: Warehouse) -> None:
    unload(
        visits,
        "PARQUET MAXFILESIZE 5 MB",
        "SELECT i, md5(i::varchar) AS m FROM generate_series(1, 500000) AS t(i)",
        to="p/",
    )
    keys = visits.keys("p/")
    assert keys[0] == "p/0000_part_00.parquet"
    assert all(key[2:].removesuffix(".parquet").replace("_part_", "").isdigit() for key in keys)
    assert sorted(n for key in keys for n in table(visits, key)["i"].to_pylist()) == list(range(1, 500_001))


@pytest.mark.parametrize(("statement", "reason"),
    [
        ("UNLOAD ('SELECT 1 LIMIT 1') TO 's3://{bucket}/x' IAM_ROLE default", "Limit clause is not supported"),
        ("UNLOAD ('SELEKT 1') TO 's3://{bucket}/x' IAM_ROLE default", 'syntax error at or near "SELEKT"'),
        ("UNLOAD ('SELECT * FROM {schema}.nope') TO 's3://{bucket}/x' IAM_ROLE default", '.nope" does not exist'),
        ("UNLOAD ('SELECT 1') TO 's3://no-such-bucket-here/x' IAM_ROLE default", "Error NoSuchBucket"),
        ("UNLOAD ('DELETE FROM x') TO 's3://{bucket}/x' IAM_ROLE default", "UNLOAD takes a SELECT query"),
        ("UNLOAD ('SELECT 1 a, 2 a') TO 's3://{bucket}/x' IAM_ROLE default PARQUET", "unique name"),
        ("UNLOAD ('SELECT 1 a') TO 's3://{bucket}/x' IAM_ROLE default CSV PARTITION BY (b)", '"b" of PARTITION BY'),
        ("UNLOAD ('SELECT 1 a') TO 's3://{bucket}/x' IAM_ROLE default CSV PARTITION BY (a)", "at least one column"),
    ],
)  # fmt: skip
def test_what_cannot_be_unloaded_says_why_and_writes_nothing(warehouse: Warehouse, statement: str, reason: str) -> None:
    assert reason in warehouse.fails(statement)
    assert warehouse.keys() == []
