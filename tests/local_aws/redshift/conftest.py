"""A warehouse to talk to: the engine alone for what SQL means, the API for everything else."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from local_aws.services.redshift_data.sql.statements import split
from local_aws.services.redshift_data.sql.translate import translate
from local_aws.services.redshift_data.warehouse.catalog import DuckCatalog
from local_aws.services.redshift_data.warehouse.engine import Engine
from local_aws.services.redshift_data.warehouse.errors import from_duckdb
from tests.support import LocalAwsForTests

if TYPE_CHECKING:
    from pathlib import Path

TARGET = {"WorkgroupName": "trainyard", "Database": "dev"}


class Sql:
    """Runs Redshift's SQL on the engine, without the API around it."""

    def __init__(self, engine: Engine) -> None:
        self.cursor = engine.cursor("dev")
        self.catalog = DuckCatalog(lambda sql, *values: self.cursor.execute(sql, list(values)).fetchall())

    def __call__(self, text: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for source in split(text):
            plan = translate(source, self.catalog)
            for statement in plan.statements:
                try:
                    rows = self.cursor.execute(statement).fetchall()
                except duckdb.Error as error:
                    raise from_duckdb(error, plan.tables) from error
        return rows

    def one(self, text: str) -> Any:
        """The only value of a query."""
        return self(text)[0][0]

    def columns(self, text: str) -> list[str]:
        """The names of a query's columns."""
        self(text)
        return [column[0] for column in self.cursor.description or []]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("engine"))
    yield engine
    engine.close()


@pytest.fixture
def sql(engine: Engine) -> Iterator[Sql]:
    """A fresh schema for each test."""
    session = Sql(engine)
    schema = f"s_{uuid.uuid4().hex[:8]}"
    session(f"CREATE SCHEMA {schema}")
    session.cursor.execute(f'SET search_path = \'"dev"."{schema}","dev"."public",memory.redshift\'')
    yield session
    session.cursor.close()


class Warehouse:
    """The Data API and a bucket of one's own; statements are waited for."""

    def __init__(self, local_aws: LocalAwsForTests) -> None:
        self.data = local_aws.client("redshift-data", parameter_validation=True)
        self.s3 = local_aws.client("s3")
        self.root: Path = local_aws.root
        self.bucket = f"warehouse-{uuid.uuid4().hex[:10]}"
        self.schema = f"shop_{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.run(f"CREATE SCHEMA {self.schema}")

    def describe(self, sql: str, **more: Any) -> dict[str, Any]:
        """The description of a statement that has ended, well or not."""
        text = sql.replace("{bucket}", self.bucket).replace("{schema}", self.schema)
        started = self.data.execute_statement(Sql=text, **{**TARGET, **more})
        return self.ended(started["Id"])

    def ended(self, statement_id: str) -> dict[str, Any]:
        described: dict[str, Any] = {"Status": "SUBMITTED"}
        while described["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
            described = self.data.describe_statement(Id=statement_id, WaitTimeSeconds=30)
        return described

    def run(self, sql: str, **more: Any) -> list[list[Any]]:
        """The rows of a statement that must end well."""
        described = self.describe(sql, **more)
        assert described["Status"] == "FINISHED", described.get("Error")
        return self.rows(described["Id"]) if described["HasResultSet"] else []

    def fails(self, sql: str, **more: Any) -> str:
        """The error of a statement that must fail."""
        described = self.describe(sql, **more)
        assert described["Status"] == "FAILED", described
        return str(described["Error"])

    def rows(self, statement_id: str) -> list[list[Any]]:
        pages = self.data.get_paginator("get_statement_result").paginate(Id=statement_id)
        return [[_value(field) for field in record] for page in pages for record in page["Records"]]

    def put(self, key: str, body: bytes | str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def get(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def keys(self, prefix: str = "") -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]


def _value(field: dict[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))


@pytest.fixture
def warehouse(local_aws: LocalAwsForTests) -> Warehouse:
    return Warehouse(local_aws)
