"""UNLOAD as training asks for it: label first, splits by a stable hash, CSV for the built-in algorithms, SSE-KMS."""

import csv
import hashlib
import io
import json

import pytest

from tests.local_aws.redshift.conftest import Warehouse

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/warehouse'"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OPTIONS = (
    f"{ROLE} FORMAT AS CSV DELIMITER ',' NULL AS '' MANIFEST VERBOSE KMS_KEY_ID '{KEY}' ENCRYPTED PARALLEL OFF "
    "EXTENSION 'csv'"
)
LEADS = 400
SPLIT = "STRTOL(LEFT(MD5(lead_id), 8), 16) % 100"
FEATURES = """
    SELECT converted AS label,
           age,
           NULLIF(pdays, 999) AS days_since_contact,
           CASE WHEN pdays = 999 THEN 0 ELSE 1 END AS contacted,
           CASE poutcome WHEN 'success' THEN 1 WHEN 'failure' THEN 0 END AS won_before,
           DATE_PART(month, created_at) AS month_of_year,
           DATEDIFF(day, created_at, '2026-11-16'::timestamp) AS days_old,
           euribor3m,
           job
    FROM {schema}.leads
    WHERE created_at < '2026-11-16' AND converted IS NOT NULL
"""


def lead_id(number: int) -> str:
    return f"lead-{number:06d}"


def share(number: int) -> int:
    """The split's number of a lead, in Python."""
    return int(hashlib.md5(lead_id(number).encode(), usedforsecurity=False).hexdigest()[:8], 16) % 100


@pytest.fixture
def leads(warehouse: Warehouse) -> Warehouse:
    warehouse.run(
        "CREATE TABLE {schema}.leads (lead_id VARCHAR(64), created_at TIMESTAMP, age INT, job VARCHAR(32), pdays INT, "
        "poutcome VARCHAR(16), euribor3m FLOAT8, converted SMALLINT)"
    )
    warehouse.run(
        f"""INSERT INTO {{schema}}.leads
            SELECT 'lead-' || LPAD(i::varchar, 6, '0'), DATEADD(hour, i, '2026-10-05'::timestamp), 18 + i % 60,
                   CASE i % 4 WHEN 0 THEN 'self, employed' WHEN 1 THEN 'the "boss"' WHEN 2 THEN '' ELSE NULL END,
                   CASE WHEN i % 3 = 0 THEN 999 ELSE i % 30 END,
                   CASE i % 5 WHEN 0 THEN 'success' WHEN 1 THEN 'failure' ELSE 'nonexistent' END,
                   i / 1000.0::float8 - 0.1, CASE WHEN i % 7 = 0 THEN NULL ELSE i % 2 END
            FROM generate_series(0, {LEADS - 1}) AS t(i)"""
    )
    return warehouse


def unload(warehouse: Warehouse, query: str, to: str) -> None:
    warehouse.run(f"UNLOAD ($${query}$$) TO 's3://{{bucket}}/{to}' {OPTIONS}")


def read(warehouse: Warehouse, key: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(warehouse.get(key).decode(), newline="")))


def test_each_split_is_one_file_and_a_verbose_manifest_both_under_the_key(leads: Warehouse) -> None:
    counts = {}
    for name, condition in (("train", "< 70"), ("validation", "BETWEEN 70 AND 84"), ("test", ">= 85")):
        unload(leads, f"{FEATURES} AND {SPLIT} {condition}", f"{name}/")
        assert leads.keys(f"{name}/") == [f"{name}/000.csv", f"{name}/manifest"]
        for key in leads.keys(f"{name}/"):
            head = leads.s3.head_object(Bucket=leads.bucket, Key=key)
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)
        manifest = json.loads(leads.get(f"{name}/manifest"))
        rows = read(leads, f"{name}/000.csv")
        size = len(leads.get(f"{name}/000.csv"))
        counts[name] = len(rows)
        assert manifest["entries"] == [
            {
                "url": f"s3://{leads.bucket}/{name}/000.csv",
                "meta": {"content_length": size, "record_count": len(rows)},
            }
        ]
        assert manifest["meta"] == {"content_length": size, "record_count": len(rows)}
        assert {row[0] for row in rows} == {"0", "1"}
    known = [share(number) for number in range(LEADS) if number % 7]
    assert counts == {
        "train": sum(one < 70 for one in known),
        "validation": sum(70 <= one < 85 for one in known),
        "test": sum(one >= 85 for one in known),
    }


def test_the_manifest_names_the_columns_with_their_types(leads: Warehouse) -> None:
    unload(leads, FEATURES, "all/")
    elements = json.loads(leads.get("all/manifest"))["schema"]["elements"]
    assert {element["name"]: element["type"] for element in elements} == {
        "label": {"base": "smallint"}, "age": {"base": "integer"}, "days_since_contact": {"base": "integer"},
        "contacted": {"base": "integer"}, "won_before": {"base": "integer"},
        "month_of_year": {"base": "double precision"}, "days_old": {"base": "bigint"},
        "euribor3m": {"base": "double precision"}, "job": {"base": "character varying", "max_length": 32},
    }  # fmt: skip


def test_the_lines_are_redshifts(leads: Warehouse) -> None:
    unload(leads, f"{FEATURES} AND lead_id < 'lead-000005' ORDER BY created_at", "all/")
    assert leads.get("all/000.csv").decode() == (
        '1,19,1,1,0,10,42,-0.099,"the ""boss"""\n'
        '0,20,2,1,,10,42,-0.098,""\n'
        "1,21,,0,,10,42,-0.097,\n"
        '0,22,4,1,,10,42,-0.096,"self, employed"\n'
    )


def test_the_hash_of_a_lead_is_the_one_that_python_computes(leads: Warehouse) -> None:
    found = leads.run(f"SELECT lead_id, {SPLIT} FROM {{schema}}.leads ORDER BY 1")
    assert found == [[lead_id(number), share(number)] for number in range(LEADS)]


def test_a_split_without_rows_leaves_nothing(leads: Warehouse) -> None:
    unload(leads, f"{FEATURES} AND lead_id = 'nobody'", "none/")
    assert leads.keys("none/") == []


def test_the_scores_of_a_model_come_back_beside_the_leads(leads: Warehouse) -> None:
    leads.run("CREATE TABLE {schema}.scores (lead_id VARCHAR(64), score FLOAT8)")
    texts = ["3.1e-05", "1", "0.5", "1.0", "5e-324", "0.30000000000000004", "1E-7", ".25"]
    leads.put("scores.csv", "".join(f"{lead_id(number)},{text}\n" for number, text in enumerate(texts)))
    leads.run(f"COPY {{schema}}.scores FROM 's3://{{bucket}}/scores.csv' {ROLE} FORMAT AS CSV")
    found = leads.run("SELECT lead_id, score FROM {schema}.scores JOIN {schema}.leads USING (lead_id) ORDER BY 1")
    assert found == [[lead_id(number), float(text)] for number, text in enumerate(texts)]
