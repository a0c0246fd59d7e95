"""What a restart keeps, and what becomes of the statements that ran when local_aws died."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.application import LocalAws
from tests.local_aws.redshift.test_statement_api import ENDLESS
from tests.support import LocalAwsForTests, client

TARGET = {"WorkgroupName": "trainyard", "Database": "dev"}

_SERVE = """
import sys, threading
from pathlib import Path
from local_aws.application import LocalAws
server = LocalAws(Path(sys.argv[1]), port=0)
print(server.endpoint_url, flush=True)
threading.Event().wait()
"""


@pytest.fixture
def process(local_aws_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A local_aws in a process that can be killed."""
    root = Path(__file__).parents[3]
    started = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(local_aws_folder)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    yield started
    started.kill()
    started.wait()
    if started.stdout:
        started.stdout.close()


def run(data: Any, sql: str) -> dict[str, Any]:
    described: dict[str, Any] = data.execute_statement(Sql=sql, WaitTimeSeconds=30, **TARGET)
    while described["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
        described = data.describe_statement(Id=described["Id"], WaitTimeSeconds=30)
    assert described["Status"] == "FINISHED", described
    return described


def test_tables_types_results_and_statements_survive_a_restart(local_aws_folder: Path) -> None:
    server = LocalAws(local_aws_folder, port=0)
    data = client(server.endpoint_url, "redshift-data", parameter_validation=True)
    run(data, "CREATE TABLE t (a VARCHAR(3)) DISTKEY(a)")
    run(data, "INSERT INTO t VALUES ('abc')")
    run(data, "CREATE VIEW v AS SELECT upper(a) AS b, dateadd(day, 1, getdate()) > getdate() AS later FROM t")
    run(data, "CREATE FUNCTION doubled (INT) RETURNS INT STABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql")
    selected = run(data, "SELECT a FROM t")
    server.stop()

    server = LocalAws(local_aws_folder, port=0)
    data = client(server.endpoint_url, "redshift-data", parameter_validation=True)
    assert data.get_statement_result(Id=selected["Id"])["Records"] == [[{"stringValue": "abc"}]]
    viewed = run(data, "SELECT b, later, doubled(21) FROM v")
    record = data.get_statement_result(Id=viewed["Id"])["Records"][0]
    assert record == [{"stringValue": "ABC"}, {"booleanValue": True}, {"longValue": 42}]
    [column] = data.describe_table(Table="t", **TARGET)["ColumnList"]
    assert (column["typeName"], column["length"]) == ("varchar", 3)
    described = data.execute_statement(Sql="INSERT INTO t VALUES ('four')", WaitTimeSeconds=30, **TARGET)
    assert described["Status"] == "FAILED"
    server.stop()


def test_an_orderly_stop_ends_what_runs(local_aws_folder: Path) -> None:
    server = LocalAws(local_aws_folder, port=0)
    running = LocalAwsForTests(server).client("redshift-data").execute_statement(Sql=ENDLESS, **TARGET)["Id"]
    server.stop()
    server = LocalAws(local_aws_folder, port=0)
    described = LocalAwsForTests(server).client("redshift-data").describe_statement(Id=running)
    assert described["Status"] == "FAILED"
    assert "local_aws was stopped" in described["Error"]
    server.stop()


def test_statements_that_ran_when_it_was_killed_have_failed_and_left_nothing(
    local_aws_folder: Path, process: subprocess.Popen[str]
) -> None:
    assert process.stdout is not None
    data = client(process.stdout.readline().strip(), "redshift-data", parameter_validation=True)
    run(data, "CREATE TABLE kept (a INT)")
    run(data, "INSERT INTO kept VALUES (1)")
    batch = data.batch_execute_statement(Sqls=["INSERT INTO kept VALUES (2)", ENDLESS], **TARGET)["Id"]
    deadline = time.monotonic() + 60
    while data.describe_statement(Id=f"{batch}:2")["Status"] != "STARTED":
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    server = LocalAws(local_aws_folder, port=0)
    data = client(server.endpoint_url, "redshift-data", parameter_validation=True)
    described = data.describe_statement(Id=batch)
    assert described["Status"] == "FAILED"
    assert "local_aws ended while the statement ran; its transaction was rolled back" in described["Error"]
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "ABORTED"]
    assert data.get_statement_result(Id=run(data, "SELECT * FROM kept")["Id"])["Records"] == [[{"longValue": 1}]]
    server.stop()
