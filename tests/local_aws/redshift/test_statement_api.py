"""The life of a statement through boto3: states, results, batches, cancellation, idempotency, lists, sessions."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.services.redshift_data.runner import SLOTS
from local_aws.services.redshift_data.sql.plan import Catalog, Plan
from local_aws.services.redshift_data.sql.statements import Source
from local_aws.services.redshift_data.sql.translate import translate
from local_aws.services.redshift_data.warehouse.engine import Engine
from local_aws.services.redshift_data.warehouse.session import Session
from tests.local_aws.redshift.conftest import TARGET, Warehouse
from tests.support import LocalAwsForTests

#: Runs until it is cancelled.
ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(x), generate_series(1, 10000000) b(y) WHERE (x * y) % 7 = 3"
)


def error_of(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def started(warehouse: Warehouse, sql: str) -> str:
    """A statement that runs by now."""
    statement_id: str = warehouse.data.execute_statement(Sql=sql, **TARGET)["Id"]
    while warehouse.data.describe_statement(Id=statement_id)["Status"] in ("SUBMITTED", "PICKED"):
        threading.Event().wait(0.01)
    return statement_id


def test_a_finished_query_is_described_and_its_records_are_typed(warehouse: Warehouse) -> None:
    warehouse.run(
        "CREATE TABLE {schema}.t (i INT, b BIGINT, n DECIMAL(10,2), f FLOAT, s VARCHAR(7), t TIMESTAMP, d DATE, "
        "o BOOLEAN, j SUPER)"
    )
    warehouse.run(
        "INSERT INTO {schema}.t SELECT 1, 2, 3.5, 4.5, 'ü', '2024-01-02 03:04:05.6', '2024-01-02', true, "
        "JSON_PARSE('[1]')"
    )
    warehouse.run("INSERT INTO {schema}.t (i) VALUES (9)")
    described = warehouse.describe(
        "SELECT *, sum(b) OVER () AS total FROM {schema}.t ORDER BY i", StatementName="typed"
    )
    assert described["Status"] == "FINISHED"
    assert (described["ResultRows"], described["HasResultSet"]) == (2, True)
    assert described["ResultSize"] > 0
    assert described["Duration"] > 0
    assert described["RedshiftPid"] > 0
    assert described["RedshiftQueryId"] > 0
    assert described["WorkgroupName"] == "trainyard"
    assert described["QueryString"].startswith("SELECT *, sum(b)")
    assert described["UpdatedAt"] >= described["CreatedAt"]
    result = warehouse.data.get_statement_result(Id=described["Id"])
    assert result["Records"][0] == [
        {"longValue": 1}, {"longValue": 2}, {"stringValue": "3.50"}, {"doubleValue": 4.5}, {"stringValue": "ü"},
        {"stringValue": "2024-01-02 03:04:05.6"}, {"stringValue": "2024-01-02"}, {"booleanValue": True},
        {"stringValue": "[1]"}, {"longValue": 2},
    ]  # fmt: skip
    assert result["Records"][1][1:9] == [{"isNull": True}] * 8
    shown = [
        (column["name"], column["typeName"], column["precision"], column["scale"])
        for column in result["ColumnMetadata"]
    ]
    assert shown == [
        ("i", "int4", 10, 0), ("b", "int8", 19, 0), ("n", "numeric", 10, 2), ("f", "float8", 17, 17),
        ("s", "varchar", 7, 0), ("t", "timestamp", 29, 6), ("d", "date", 13, 0), ("o", "bool", 1, 0),
        ("j", "super", 0, 0), ("total", "int8", 19, 0),
    ]  # fmt: skip
    assert result["TotalNumRows"] == 2


@pytest.mark.parametrize(
    ("sql", "rows", "has_result"),
    [
        ("INSERT INTO {schema}.t VALUES (1), (2), (3)", 3, False),
        ("UPDATE {schema}.t SET a = 5 WHERE a = 1", 0, False),
        ("SELECT * FROM {schema}.t WHERE a = 77", 0, True),
        ("CREATE TABLE {schema}.u (a INT)", 0, False),
    ],
)
def test_rows_are_those_returned_or_affected(warehouse: Warehouse, sql: str, rows: int, has_result: bool) -> None:
    warehouse.run("CREATE TABLE {schema}.t (a INT)")
    described = warehouse.describe(sql)
    assert (described["ResultRows"], described["HasResultSet"]) == (rows, has_result)


def test_errors_come_in_redshifts_words_with_the_engines_behind(warehouse: Warehouse) -> None:
    error = warehouse.fails("SELECT * FROM shop.nope")
    assert error.startswith('ERROR: relation "shop.nope" does not exist')
    assert "Engine: Catalog Error" in error
    assert warehouse.fails("SELECT 1 FROM WHERE") == 'ERROR: syntax error at or near "WHERE"\n  Position: 15'
    assert warehouse.fails("SELEC 1") == 'ERROR: syntax error at or near "SELEC"\n  Position: 1'
    assert 'schema "nowhere" does not exist' in warehouse.fails("CREATE TABLE nowhere.t (a INT)")
    warehouse.run("CREATE TABLE {schema}.t (a INT NOT NULL)")
    assert 'Relation "t" already exists' in warehouse.fails("CREATE TABLE {schema}.t (a INT)")
    assert "Cannot insert a NULL value into column a" in warehouse.fails("INSERT INTO {schema}.t VALUES (NULL)")
    assert f'column "b" does not exist in {warehouse.schema}.t' in warehouse.fails("SELECT b FROM {schema}.t")
    described = warehouse.describe("SELECT 1", Database="nowhere")
    assert (described["Status"], described["Error"]) == ("FAILED", 'FATAL: database "nowhere" does not exist')
    assert (described["ResultRows"], described["ResultSize"], described["HasResultSet"]) == (-1, -1, False)


def test_several_statements_in_one_are_refused(warehouse: Warehouse) -> None:
    assert "cannot insert multiple commands into a prepared statement" in warehouse.fails("SELECT 1; SELECT 2")
    assert warehouse.run("SELECT ';' -- one; really\n;") == [[";"]]


def test_a_large_result_comes_in_pages(warehouse: Warehouse) -> None:
    described = warehouse.describe("SELECT i FROM generate_series(1, 2500) AS t(i) ORDER BY i")
    pages = list(warehouse.data.get_paginator("get_statement_result").paginate(Id=described["Id"]))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    assert {page["TotalNumRows"] for page in pages} == {2500}
    assert [row[0] for row in warehouse.rows(described["Id"])] == list(range(1, 2501))
    wide = warehouse.describe("SELECT repeat('x', 60000) FROM generate_series(1, 40) AS t(i)")
    assert len(list(warehouse.data.get_paginator("get_statement_result").paginate(Id=wide["Id"]))) > 1
    code, _ = error_of(warehouse.data.get_statement_result, Id=described["Id"], NextToken="made up")
    assert code == "ValidationException"


def test_a_result_in_csv(warehouse: Warehouse) -> None:
    described = warehouse.describe("SELECT 1 AS a, 'x,y' AS b UNION ALL SELECT 2, NULL ORDER BY 1", ResultFormat="CSV")
    result = warehouse.data.get_statement_result_v2(Id=described["Id"])
    assert result["Records"] == [{"CSVRecords": 'a,b\r\n1,"x,y"\r\n2,\r\n'}]
    assert result["ResultFormat"] == "CSV"
    code, message = error_of(warehouse.data.get_statement_result, Id=described["Id"])
    assert (code, "GetStatementResultV2" in message) == ("ValidationException", True)


def test_a_batch_is_one_transaction(warehouse: Warehouse) -> None:
    schema = warehouse.schema
    good = [
        f"CREATE TABLE {schema}.b (a INT)",
        f"INSERT INTO {schema}.b VALUES (1), (2)",
        f"SELECT sum(a) FROM {schema}.b",
    ]
    batch = warehouse.data.batch_execute_statement(Sqls=good, **TARGET)
    described = warehouse.ended(batch["Id"])
    parts = described["SubStatements"]
    assert (described["Status"], described["HasResultSet"]) == ("FINISHED", True)
    assert [(part["Id"], part["Status"], part["ResultRows"]) for part in parts] == [
        (f"{batch['Id']}:1", "FINISHED", 0), (f"{batch['Id']}:2", "FINISHED", 2), (f"{batch['Id']}:3", "FINISHED", 1),
    ]  # fmt: skip
    assert [part["HasResultSet"] for part in parts] == [False, False, True]
    assert warehouse.rows(f"{batch['Id']}:3") == [[3]]
    assert warehouse.data.describe_statement(Id=f"{batch['Id']}:2")["QueryString"] == good[1]
    assert error_of(warehouse.data.get_statement_result, Id=batch["Id"])[0] == "ResourceNotFoundException"


def test_a_batch_that_fails_undoes_everything(warehouse: Warehouse) -> None:
    schema = warehouse.schema
    sqls = [f"CREATE TABLE {schema}.b (a INT)", f"INSERT INTO {schema}.b VALUES ('one')", f"SELECT * FROM {schema}.b"]
    described = warehouse.ended(warehouse.data.batch_execute_statement(Sqls=sqls, **TARGET)["Id"])
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith('Query #2 failed with ERROR: invalid input syntax for integer: "one"')
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert "does not exist" in warehouse.fails("SELECT * FROM {schema}.b")


def test_an_auto_committing_batch_goes_on_after_a_failure(warehouse: Warehouse) -> None:
    schema = warehouse.schema
    sqls = [f"CREATE TABLE {schema}.b (a INT)", "SELECT * FROM nope", f"INSERT INTO {schema}.b VALUES (1)"]
    batch = warehouse.data.batch_execute_statement(Sqls=sqls, ExecutionMode="AUTO_COMMIT", **TARGET)
    described = warehouse.ended(batch["Id"])
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED"]
    assert (described["Status"], described["ExecutionMode"]) == ("FAILED", "AUTO_COMMIT")
    assert warehouse.run("SELECT * FROM {schema}.b") == [[1]]


def test_a_running_query_is_really_cancelled(warehouse: Warehouse) -> None:
    statement_id = started(warehouse, ENDLESS)
    assert warehouse.data.cancel_statement(Id=statement_id)["Status"] is True
    described = warehouse.ended(statement_id)
    assert described["Status"] == "ABORTED"
    assert "cancelled on user's request" in described["Error"]
    code, message = error_of(warehouse.data.cancel_statement, Id=statement_id)
    assert code == "ValidationException"
    assert message == f"Could not cancel a query that is already in ABORTED state with ID: {statement_id}"


def test_a_cancellation_that_comes_when_the_session_has_just_ended_meets_nothing(engine: Engine) -> None:
    objects: Any = None  # it reads none
    session = Session(engine, objects, "dev", "somebody", 1)
    session.close()
    session.cancel()
    assert session.cancelled()


def test_a_cancellation_that_comes_between_two_queries_of_a_statement_is_not_lost(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    translating, cancelled = threading.Event(), threading.Event()

    def slow(source: Source, catalog: Catalog) -> Plan:
        plan = translate(source, catalog)
        if "7 = 3" in source.text:
            translating.set()
            cancelled.wait(30)
        return plan

    monkeypatch.setattr("local_aws.services.redshift_data.warehouse.session.translate", slow)
    statement_id = warehouse.data.execute_statement(Sql=ENDLESS, **TARGET)["Id"]
    assert translating.wait(30)
    warehouse.data.cancel_statement(Id=statement_id)
    cancelled.set()
    assert warehouse.ended(statement_id)["Status"] == "ABORTED"


def test_a_cancelled_batch_undoes_what_it_did(warehouse: Warehouse) -> None:
    sqls = [f"CREATE TABLE {warehouse.schema}.b (a INT)", ENDLESS]
    batch_id = warehouse.data.batch_execute_statement(Sqls=sqls, **TARGET)["Id"]
    while warehouse.data.describe_statement(Id=f"{batch_id}:2")["Status"] != "STARTED":
        threading.Event().wait(0.01)
    warehouse.data.cancel_statement(Id=f"{batch_id}:2")
    described = warehouse.ended(batch_id)
    assert (described["Status"], described["SubStatements"][1]["Status"]) == ("ABORTED", "ABORTED")
    assert "does not exist" in warehouse.fails("SELECT * FROM {schema}.b")


def test_a_statement_that_waits_for_a_writer_can_be_cancelled(warehouse: Warehouse) -> None:
    schema = warehouse.schema
    writer = started(warehouse, f"CREATE TABLE {schema}.slow AS {ENDLESS}")
    waiting = started(warehouse, f"CREATE TABLE {schema}.next (a INT)")
    warehouse.data.cancel_statement(Id=waiting)
    assert warehouse.ended(waiting)["Status"] == "ABORTED"
    assert warehouse.run("SELECT 1") == [[1]]  # a reader waits for nobody
    warehouse.data.cancel_statement(Id=writer)
    assert warehouse.ended(writer)["Status"] == "ABORTED"
    warehouse.run("CREATE TABLE {schema}.next (a INT)")


def test_writers_take_turns_and_lose_nothing(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE {schema}.counter (n INT)")
    warehouse.run("INSERT INTO {schema}.counter VALUES (0)")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: warehouse.run("UPDATE {schema}.counter SET n = n + 1"), range(18)))
    assert warehouse.run("SELECT n FROM {schema}.counter") == [[18]]


def test_the_same_client_token_runs_nothing_again(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE {schema}.once (a INT)")
    request = {"Sql": f"INSERT INTO {warehouse.schema}.once VALUES (1)", "ClientToken": uuid.uuid4().hex, **TARGET}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: warehouse.data.execute_statement(**request), range(4)))
    assert len({answer["Id"] for answer in answers}) == 1
    warehouse.ended(answers[0]["Id"])
    assert warehouse.data.execute_statement(**request)["Id"] == answers[0]["Id"]
    assert warehouse.run("SELECT count(*) FROM {schema}.once") == [[1]]


def test_named_parameters_are_values_never_sql(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE {schema}.p (a INT, b VARCHAR(40))")
    hostile = "x'); DROP TABLE {schema}.p; --\\"
    values = [{"name": "a", "value": "7"}, {"name": "b_1", "value": hostile}]
    warehouse.run("INSERT INTO {schema}.p VALUES (:a, :b_1) -- :c", Parameters=values)
    found = warehouse.run("SELECT b, ':a', a::varchar FROM {schema}.p WHERE a = :a", Parameters=values[:1])
    assert found == [[hostile, ":a", "7"]]


def test_parameters_must_fit_the_statement(warehouse: Warehouse) -> None:
    call, one = warehouse.data.execute_statement, [{"name": "id", "value": "1"}]
    inside = "UNLOAD ('SELECT 1 WHERE 1 = :id') TO 's3://b/p' IAM_ROLE default"
    assert error_of(call, Sql=inside, Parameters=one, **TARGET) == (
        "ValidationException", "Parameters list contains unused parameters. Unused parameters: [id]"
    )  # fmt: skip
    assert error_of(call, Sql="SELECT :id, :other", Parameters=one, **TARGET)[0] == "ValidationException"
    assert error_of(call, Sql="SELECT :id", Parameters=one * 2, **TARGET)[0] == "ValidationException"


@pytest.mark.parametrize(
    "operation", ["describe_statement", "get_statement_result", "get_statement_result_v2", "cancel_statement"]
)
def test_an_unknown_id_is_not_found(warehouse: Warehouse, operation: str) -> None:
    code, message = error_of(getattr(warehouse.data, operation), Id=str(uuid.uuid4()))
    assert (code, message) == ("ResourceNotFoundException", "Query does not exist.")


def test_a_result_that_is_not_there_is_not_found(warehouse: Warehouse) -> None:
    running = started(warehouse, ENDLESS)
    expected = (
        "ResourceNotFoundException",
        "Query does not have result. Please check query status with DescribeStatement.",
    )
    assert error_of(warehouse.data.get_statement_result, Id=running) == expected
    warehouse.data.cancel_statement(Id=running)
    warehouse.ended(running)
    assert error_of(warehouse.data.get_statement_result, Id=running) == expected
    assert error_of(warehouse.data.describe_statement, Id=f"{running}:1")[0] == "ResourceNotFoundException"


def test_a_call_can_wait_for_the_end(warehouse: Warehouse) -> None:
    answer = warehouse.data.execute_statement(Sql="SELECT 1", WaitTimeSeconds=30, **TARGET)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)
    running = started(warehouse, ENDLESS)
    before = time.monotonic()
    assert warehouse.data.describe_statement(Id=running, WaitTimeSeconds=1)["Status"] == "STARTED"
    assert time.monotonic() - before >= 1
    warehouse.data.cancel_statement(Id=running)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"Database": "dev"}, "Either WorkgroupName or ClusterIdentifier"),
        (
            {"Database": "dev", "WorkgroupName": "abc", "ClusterIdentifier": "abc"},
            "Either WorkgroupName or ClusterIdentifier",
        ),
        ({"WorkgroupName": "trainyard"}, "Database must be specified"),
    ],
)
def test_a_request_must_say_where(warehouse: Warehouse, params: dict[str, str], reason: str) -> None:
    code, message = error_of(warehouse.data.execute_statement, Sql="SELECT 1", **params)
    assert code == "ValidationException"
    assert reason in message


def test_a_cluster_with_a_user_or_a_secret_is_the_same_warehouse(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE {schema}.t (a INT)")
    more = {"ClusterIdentifier": "warehouse-1", "DbUser": "etl", "Database": "dev", "WithEvent": True}
    answer = warehouse.data.execute_statement(Sql=f"SELECT current_user, count(*) FROM {warehouse.schema}.t", **more)
    assert (answer["ClusterIdentifier"], answer["DbUser"]) == ("warehouse-1", "etl")
    assert warehouse.ended(answer["Id"])["Status"] == "FINISHED"
    assert warehouse.rows(answer["Id"]) == [["etl", 0]]


def test_statements_are_listed_by_name_and_status(warehouse: Warehouse) -> None:
    name = uuid.uuid4().hex
    for number in range(3):
        warehouse.describe(f"SELECT {number}", StatementName=f"{name}-{number}")
    warehouse.describe("SELEC", StatementName=f"{name}-bad")
    listed = warehouse.data.list_statements(StatementName=name)["Statements"]
    assert [one["StatementName"][-1] for one in listed] == ["2", "1", "0"]
    assert {one["Status"] for one in listed} == {"FINISHED"}
    assert len(warehouse.data.list_statements(StatementName=name, Status="ALL")["Statements"]) == 4
    [bad] = warehouse.data.list_statements(StatementName=name, Status="FAILED")["Statements"]
    assert (bad["QueryString"], bad["IsBatchStatement"]) == ("SELEC", False)
    paginator = warehouse.data.get_paginator("list_statements")
    pages = list(paginator.paginate(StatementName=name, Status="ALL", PaginationConfig={"PageSize": 3}))
    assert [len(page["Statements"]) for page in pages] == [3, 1]


def test_a_kept_session_keeps_its_temporary_tables_and_transaction(warehouse: Warehouse) -> None:
    first = warehouse.data.execute_statement(
        Sql="CREATE TEMP TABLE mine AS SELECT 1 AS a", SessionKeepAliveSeconds=300, WaitTimeSeconds=30, **TARGET
    )
    session = first["SessionId"]

    def again(sql: str) -> dict[str, Any]:
        answer: dict[str, Any] = warehouse.data.execute_statement(Sql=sql, SessionId=session, WaitTimeSeconds=30)
        return answer

    assert warehouse.rows(again("SELECT a FROM mine")["Id"]) == [[1]]
    again("BEGIN")
    again(f"CREATE TABLE {warehouse.schema}.undone (a INT)")
    again("ROLLBACK")
    assert "does not exist" in warehouse.fails("SELECT * FROM {schema}.undone")
    [listed] = warehouse.data.list_sessions(SessionId=session)["Sessions"]
    assert (listed["Status"], listed["Database"], listed["SessionAliveSeconds"]) == ("AVAILABLE", "dev", 300)
    assert "does not exist" in warehouse.fails("SELECT a FROM mine")
    code, _ = error_of(warehouse.data.execute_statement, Sql="SELECT 1", SessionId=str(uuid.uuid4()))
    assert code == "ResourceNotFoundException"


def test_the_catalog_is_listed(warehouse: Warehouse) -> None:
    warehouse.run(
        "CREATE TABLE {schema}.t (id BIGINT IDENTITY(1,1), label VARCHAR(9) NOT NULL DEFAULT 'x', p NUMERIC(12,3))"
    )
    warehouse.run("CREATE VIEW {schema}.v AS SELECT label FROM {schema}.t")
    assert "dev" in warehouse.data.list_databases(WorkgroupName="trainyard")["Databases"]
    assert warehouse.data.list_schemas(SchemaPattern="shop\\_%", **TARGET)["Schemas"].count(warehouse.schema) == 1
    tables = warehouse.data.list_tables(SchemaPattern=warehouse.schema, **TARGET)["Tables"]
    assert [(one["name"], one["type"]) for one in tables] == [("t", "TABLE"), ("v", "VIEW")]
    described = warehouse.data.describe_table(Schema=warehouse.schema, Table="t", **TARGET)
    shown = [(one["name"], one["typeName"], one["length"], one["nullable"]) for one in described["ColumnList"]]
    assert shown == [("id", "int8", 19, 0), ("label", "varchar", 9, 0), ("p", "numeric", 12, 1)]
    assert described["TableName"] == "t"


def test_a_table_made_from_a_query_keeps_the_declared_types(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE {schema}.t (label VARCHAR(9), p NUMERIC(12,3))")
    warehouse.run(
        "CREATE TABLE {schema}.u AS SELECT t.*, label::VARCHAR(4) AS short, label || 'x' AS long FROM {schema}.t"
    )
    described = warehouse.data.describe_table(Schema=warehouse.schema, Table="u", **TARGET)["ColumnList"]
    assert [(one["name"], one["length"]) for one in described] == [
        ("label", 9),
        ("p", 12),
        ("short", 4),
        ("long", 65535),
    ]
    shown = warehouse.run(
        "SELECT column_name, data_type, character_maximum_length FROM information_schema.columns "
        f"WHERE table_schema = '{warehouse.schema}' AND table_name = 't' ORDER BY ordinal_position"
    )
    assert shown == [["label", "character varying", 9], ["p", "numeric", None]]


def test_a_statement_cancelled_in_the_queue_never_runs(warehouse: Warehouse) -> None:
    busy = [started(warehouse, ENDLESS) for _ in range(SLOTS)]
    waiting = warehouse.data.execute_statement(Sql="CREATE TABLE {schema}.never (a INT)", **TARGET)["Id"]
    assert warehouse.data.describe_statement(Id=waiting)["Status"] == "SUBMITTED"
    warehouse.data.cancel_statement(Id=waiting)
    assert warehouse.ended(waiting)["Status"] == "ABORTED"
    for statement_id in busy:
        warehouse.data.cancel_statement(Id=statement_id)
        assert warehouse.ended(statement_id)["Status"] == "ABORTED"


def test_a_database_of_its_own(warehouse: Warehouse) -> None:
    name = f"db_{uuid.uuid4().hex[:6]}"
    warehouse.run(f"CREATE DATABASE {name}")
    assert name in warehouse.data.list_databases(WorkgroupName="trainyard")["Databases"]
    warehouse.run("CREATE TABLE t AS SELECT 42 AS a", Database=name)
    assert warehouse.run(f"SELECT a FROM {name}.public.t") == [[42]]
    warehouse.run(f"DROP DATABASE {name}")
    assert warehouse.describe("SELECT 1", Database=name)["Status"] == "FAILED"


def test_every_operation_of_the_service_is_answered(warehouse: Warehouse, local_aws: LocalAwsForTests) -> None:
    [service] = [one for one in local_aws.server._services if one.name == "redshift-data"]
    answered = {name for handler in service.handlers() for name in dir(handler)}
    assert set(warehouse.data.meta.method_to_api_mapping) <= answered
