"""SQL in the warehouse through the Redshift Data API: submit, wait, read."""

import time
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from yard.clients import Aws
from yard.errors import YardError

_ENDED = {"FINISHED", "FAILED", "ABORTED"}
_NONE: Mapping[str, str] = MappingProxyType({})


class Warehouse:
    """The workgroup and the database that the stack names.

    :param outputs: of the stack.
    """

    def __init__(self, aws: Aws, outputs: Mapping[str, str]) -> None:
        self._data = aws.client("redshift-data")
        self._target = {"WorkgroupName": outputs["WorkgroupName"], "Database": outputs["DatabaseName"]}

    def execute(self, statements: Sequence[str], name: str, parameters: Mapping[str, str] = _NONE) -> dict[str, Any]:
        """Run statements in one transaction: all of them or none.

        :param name: what they are for, as people see it in the console.
        :param parameters: what stands for ``:name`` in a single statement.
        :returns: the description of the finished statement.
        :raises YardError: with the warehouse's own message.
        """
        target: dict[str, Any] = {**self._target, "StatementName": name}
        # The token makes a repeated call, after a lost reply, the same statement and not a second one.
        token = str(uuid.uuid4())
        if len(statements) == 1:
            if parameters:
                target["Parameters"] = [{"name": key, "value": value} for key, value in parameters.items()]
            sent = self._data.execute_statement(Sql=statements[0], ClientToken=token, **target)
        else:
            sent = self._data.batch_execute_statement(Sqls=list(statements), ClientToken=token, **target)
        return self._wait(sent["Id"], name)

    def query(self, sql: str, name: str, parameters: Mapping[str, str] = _NONE) -> list[list[Any]]:
        """The rows of a SELECT, each a list of plain values.

        :raises YardError: with the warehouse's own message.
        """
        return self.table(sql, name, parameters)[1]

    def table(self, sql: str, name: str, parameters: Mapping[str, str] = _NONE) -> tuple[list[str], list[list[Any]]]:
        """The names of the columns of a SELECT, and its rows.

        :param parameters: what stands for ``:name`` in it.
        :raises YardError: with the warehouse's own message.
        """
        done = self.execute([sql], name, parameters)
        columns: list[str] = []
        rows: list[list[Any]] = []
        for page in self._data.get_paginator("get_statement_result").paginate(Id=done["Id"]):
            columns = [column["name"] for column in page["ColumnMetadata"]]
            rows += [[_value(field) for field in record] for record in page["Records"]]
        return columns, rows

    def _wait(self, statement: str, name: str) -> dict[str, Any]:
        pause = 0.05
        while True:
            found: dict[str, Any] = self._data.describe_statement(Id=statement)
            if found["Status"] in _ENDED:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        if found["Status"] != "FINISHED":
            raise YardError(f"The warehouse refused to {name}: {found.get('Error', found['Status'])}")
        return found


def _value(field: dict[str, Any]) -> Any:
    kind, value = next(iter(field.items()))
    return None if kind == "isNull" else value
