"""One batch that replaces one partition of a table by what lies on S3: all of it, or nothing, and only once.

The statements are those of a real warehouse: a table of its own for the load, a COPY by manifest, a count that must be
right, DELETE and INSERT, in one transaction of ``BatchExecuteStatement``.
"""

import json
import threading
import uuid
from typing import Any

import pytest

from local_aws.objects import ObjectStore
from tests.local_aws.redshift.conftest import TARGET, Warehouse

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/warehouse'"
SCORES = "(lead_id VARCHAR(64) NOT NULL, score FLOAT8, partition_start DATE NOT NULL, scored_at TIMESTAMP)"
WEEK = "2026-11-16"
#: Of the columns' own text: quotes, a delimiter, a line end, an exponent, and a score that is a whole number.
FIRST = 'a-1,0.25\n"b ""2"", x",3.1e-05\n'
SECOND = '"c\n3",1\n'


@pytest.fixture
def scores(warehouse: Warehouse) -> Warehouse:
    """A table with the scores of two weeks, and two files of new ones."""
    warehouse.run(f"CREATE TABLE {{schema}}.scores {SCORES}")
    warehouse.run(
        f"INSERT INTO {{schema}}.scores VALUES ('old', 0.5, '{WEEK}', NULL), ('before', 0.5, '2026-11-09', NULL)"
    )
    publish(warehouse, FIRST, SECOND)
    return warehouse


def publish(warehouse: Warehouse, *bodies: str) -> None:
    """Put files, and the manifest that names them."""
    entries: list[dict[str, Any]] = []
    for number, body in enumerate(bodies):
        key = f"scores/part-{number}.csv"
        warehouse.put(key, body)
        url, size = f"s3://{warehouse.bucket}/{key}", len(body.encode())
        entries.append({"url": url, "mandatory": True, "meta": {"content_length": size}})
    warehouse.put("scores/manifest", json.dumps({"entries": entries}))


def statements(
    warehouse: Warehouse, rows: int, temporary: str = "CREATE TEMP TABLE new_scores (lead_id VARCHAR(64), score FLOAT8)"
) -> list[str]:
    """What replaces the partition, if the files hold so many rows."""
    table = f"{warehouse.schema}.scores"
    return [
        f"CREATE TABLE IF NOT EXISTS {table} {SCORES}",
        temporary,
        f"COPY new_scores (lead_id, score) FROM 's3://{warehouse.bucket}/scores/manifest' {ROLE} "
        "MANIFEST FORMAT AS CSV",
        f"SELECT 1 / CASE WHEN COUNT(*) = {rows} THEN 1 ELSE 0 END AS complete FROM new_scores",
        f"DELETE FROM {table} WHERE partition_start = '{WEEK}'",
        f"INSERT INTO {table} SELECT lead_id, score, '{WEEK}'::date, GETDATE() FROM new_scores",
        "DROP TABLE new_scores",
    ]


def send(warehouse: Warehouse, sqls: list[str], **more: Any) -> dict[str, Any]:
    """The description of a batch that has ended."""
    return warehouse.ended(warehouse.data.batch_execute_statement(Sqls=sqls, **TARGET, **more)["Id"])


def table(warehouse: Warehouse) -> list[list[Any]]:
    return warehouse.run("SELECT lead_id, score, partition_start FROM {schema}.scores ORDER BY 3, 1")


OLD = [["before", 0.5, "2026-11-09"], ["old", 0.5, WEEK]]
NEW = [["before", 0.5, "2026-11-09"], ["a-1", 0.25, WEEK], ['b "2", x', 3.1e-05, WEEK], ["c\n3", 1.0, WEEK]]


def test_exactly_the_partition_is_replaced_and_each_statement_tells_its_rows(scores: Warehouse) -> None:
    described = send(scores, statements(scores, rows=3))
    assert described["Status"] == "FINISHED", described.get("Error")
    assert [part["ResultRows"] for part in described["SubStatements"]] == [0, 0, 3, 1, 1, 3, 0]
    assert table(scores) == NEW


def test_the_load_has_the_columns_of_the_table_by_like(scores: Warehouse) -> None:
    scores.run("CREATE TABLE {schema}.shape (lead_id VARCHAR(64), score FLOAT8)")
    sqls = statements(scores, rows=3, temporary=f"CREATE TEMP TABLE new_scores (LIKE {scores.schema}.shape)")
    assert send(scores, sqls)["Status"] == "FINISHED"
    assert table(scores) == NEW


def test_doing_it_again_changes_nothing_but_the_time(scores: Warehouse) -> None:
    for _ in range(2):
        assert send(scores, statements(scores, rows=3))["Status"] == "FINISHED"
    assert table(scores) == NEW


def test_a_first_load_makes_the_table(scores: Warehouse) -> None:
    scores.run("DROP TABLE {schema}.scores")
    assert send(scores, statements(scores, rows=3))["Status"] == "FINISHED"
    assert table(scores) == NEW[1:]


def test_too_few_rows_fail_the_batch_at_the_count_and_undo_it(scores: Warehouse) -> None:
    described = send(scores, statements(scores, rows=4))
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith("Query #4 failed with ERROR: Divide by zero")
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED"] * 3 + ["FAILED"] + ["ABORTED"] * 3
    assert table(scores) == OLD


def test_the_count_may_stand_in_a_query_of_its_own(scores: Warehouse) -> None:
    sqls = statements(scores, rows=3)
    sqls[3] = "SELECT 1 / CASE WHEN (SELECT COUNT(*) FROM new_scores) = 3 THEN 1 ELSE 0 END"
    assert send(scores, sqls)["Status"] == "FINISHED"
    sqls[3] = sqls[3].replace("= 3", "= 4")
    assert send(scores, sqls)["Error"].startswith("Query #4 failed with ERROR: Divide by zero")
    assert table(scores) == NEW


def test_a_failure_after_the_delete_brings_the_old_rows_back(scores: Warehouse) -> None:
    sqls = [*statements(scores, rows=3)[:-1], "SELECT no_such_column FROM new_scores"]
    described = send(scores, sqls)
    assert described["Error"].startswith('Query #7 failed with ERROR: column "no_such_column" does not exist')
    assert described["SubStatements"][6]["Error"].startswith('ERROR: column "no_such_column" does not exist')
    assert table(scores) == OLD


def test_a_bad_row_fails_it_and_is_told_with_file_line_and_column(scores: Warehouse) -> None:
    publish(scores, FIRST, '"c\n3",0.5\nd,high\n')
    described = send(scores, statements(scores, rows=4))
    file = f"s3://{scores.bucket}/scores/part-1.csv"
    assert described["Error"].startswith("Query #3 failed with ERROR: Load into table 'new_scores' failed.")
    assert f"{file}, line 3, column score double precision" in described["Error"]
    told = scores.run(
        "SELECT line_number, column_name, raw_field_value, error_code FROM sys_load_error_detail "
        f"WHERE file_name = '{file}'"
    )
    assert told == [[3, "score", "high", 1208]]
    assert scores.run(f"SELECT colname, err_code FROM stl_load_errors WHERE filename = '{file}'") == [["score", 1208]]
    assert table(scores) == OLD


def test_a_row_with_a_third_field_is_told_by_its_line(scores: Warehouse) -> None:
    publish(scores, "a,0.5\nb,0.5,0.7\n")
    error = send(scores, statements(scores, rows=2))["Error"]
    assert f"s3://{scores.bucket}/scores/part-0.csv, line 2: Extra column(s) found" in error
    assert table(scores) == OLD


def test_a_file_of_the_manifest_that_is_gone_fails_it(scores: Warehouse) -> None:
    scores.s3.delete_object(Bucket=scores.bucket, Key="scores/part-1.csv")
    error = send(scores, statements(scores, rows=3))["Error"]
    assert f"Mandatory url is not found in S3: s3://{scores.bucket}/scores/part-1.csv" in error
    assert table(scores) == OLD


def test_the_same_client_token_is_the_same_batch(scores: Warehouse) -> None:
    token, sqls = uuid.uuid4().hex, statements(scores, rows=3)
    first = send(scores, sqls, ClientToken=token)
    scores.run("DELETE FROM {schema}.scores")
    again = send(scores, sqls, ClientToken=token)
    assert (again["Id"], again["Status"]) == (first["Id"], "FINISHED")
    assert table(scores) == []


def test_a_batch_is_found_by_its_name_whatever_became_of_it(scores: Warehouse) -> None:
    name = f"scores-{uuid.uuid4().hex}"
    good = send(scores, statements(scores, rows=3), StatementName=name)
    bad = send(scores, statements(scores, rows=5), StatementName=name)
    listed = scores.data.list_statements(StatementName=name, Status="ALL")["Statements"]
    assert [(one["Id"], one["Status"]) for one in listed] == [(bad["Id"], "FAILED"), (good["Id"], "FINISHED")]
    assert {one["IsBatchStatement"] for one in listed} == {True}
    assert listed[0]["QueryStrings"] == statements(scores, rows=5)


def test_a_load_that_is_cancelled_undoes_everything(scores: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, cancelled = threading.Event(), threading.Event()
    read = ObjectStore.read

    def slow(self: ObjectStore, uri: str, *args: Any) -> bytes:
        if uri.endswith("scores/manifest"):
            reading.set()
            assert cancelled.wait(30)
        return read(self, uri, *args)

    monkeypatch.setattr(ObjectStore, "read", slow)
    batch = scores.data.batch_execute_statement(Sqls=statements(scores, rows=3), **TARGET)["Id"]
    assert reading.wait(30)
    scores.data.cancel_statement(Id=batch)
    cancelled.set()
    described = scores.ended(batch)
    assert (described["Status"], described["SubStatements"][2]["Status"]) == ("ABORTED", "ABORTED")
    assert table(scores) == OLD


def test_two_batches_at_once_leave_the_rows_of_one(scores: Warehouse) -> None:
    sqls = statements(scores, rows=3)
    batches = [scores.data.batch_execute_statement(Sqls=sqls, **TARGET)["Id"] for _ in range(3)]
    assert [scores.ended(batch)["Status"] for batch in batches] == ["FINISHED"] * 3
    assert table(scores) == NEW
