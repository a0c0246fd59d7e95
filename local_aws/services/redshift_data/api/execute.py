"""ExecuteStatement, BatchExecuteStatement, CancelStatement, DescribeStatement, ListStatements, ListSessions."""

import threading
import uuid
from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.redshift_data.api.paging import page
from local_aws.services.redshift_data.api.target import target_of
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.parameters import bind
from local_aws.services.redshift_data.runner import Runner
from local_aws.services.redshift_data.statements import ENDED, Record, Statements
from local_aws.services.redshift_data.warehouse.session import Session

#: The most statements that may be under way in one account.
_MOST_ACTIVE = 500
_NAMED = ("ClusterIdentifier", "WorkgroupName", "Database", "DbUser", "SecretArn")


class ExecuteApi:
    """The life of a statement as clients see it."""

    def __init__(self, runner: Runner, statements: Statements) -> None:
        self._runner = runner
        self._statements = statements
        self._submitting = threading.Lock()

    def execute_statement(self, call: Call) -> dict[str, Any]:
        """ExecuteStatement."""
        record = self._submit(call, [call.params["Sql"]], batch=False)
        return self._answer(record, call.params.get("WaitTimeSeconds"))

    def batch_execute_statement(self, call: Call) -> dict[str, Any]:
        """BatchExecuteStatement."""
        record = self._submit(call, call.params["Sqls"], batch=True)
        return self._answer(record, call.params.get("WaitTimeSeconds"))

    def cancel_statement(self, call: Call) -> dict[str, Any]:
        """CancelStatement; a sub-statement's id cancels its batch."""
        statement_id = call.params["Id"].partition(":")[0]
        record = self._statements.get(statement_id)
        if record["Status"] in ENDED or not self._runner.cancel(statement_id):
            status = self._statements.get(statement_id)["Status"]
            raise AwsError(
                "ValidationException",
                f"Could not cancel a query that is already in {status} state with ID: {call.params['Id']}",
            )
        return {"Status": True}

    def describe_statement(self, call: Call) -> dict[str, Any]:
        """DescribeStatement; ``id:n`` describes the n-th statement of a batch."""
        statement_id = call.params["Id"]
        record = self._statements.wait(statement_id, call.params.get("WaitTimeSeconds"))
        answer = {**_part(record), "RedshiftPid": record.get("RedshiftPid", 0)}
        for name in (*_NAMED, "SessionId"):
            if record.get(name):
                answer[name] = record[name]
        if record.get("Parameters"):
            answer["QueryParameters"] = record["Parameters"]
        answer["ResultFormat"] = record["ResultFormat"]
        if record["SubStatements"]:
            answer["SubStatements"] = [_part(part) for part in record["SubStatements"]]
            answer["ExecutionMode"] = record["ExecutionMode"]
        return answer

    def list_statements(self, call: Call) -> dict[str, Any]:
        """ListStatements: the finished ones unless asked otherwise, the newest first."""
        wanted = call.params.get("Status", "FINISHED")
        prefix = call.params.get("StatementName", "")
        equal = {
            name: call.params[name]
            for name in ("Database", "ClusterIdentifier", "WorkgroupName")
            if name in call.params
        }
        found = [
            _listed(record)
            for record in self._statements.all()
            if wanted in ("ALL", record["Status"])
            and (record.get("StatementName") or "").startswith(prefix)
            and all(record.get(name) == value for name, value in equal.items())
        ]
        return page("Statements", found, call.params, most=100)

    def list_sessions(self, call: Call) -> dict[str, Any]:
        """ListSessions: the open ones; a closed one is forgotten."""
        names = ("SessionId", "Status", "Database", "ClusterIdentifier", "WorkgroupName")
        equal = {name: call.params[name] for name in names if name in call.params}
        found = self._runner.sessions.listed(
            lambda shown: all(shown.get(name) == value for name, value in equal.items())
        )
        return page("Sessions", found, call.params, most=100)

    def _submit(self, call: Call, sqls: list[str], *, batch: bool) -> Record:
        params, token = call.params, call.params.get("ClientToken")
        with self._submitting:
            known = self._statements.sent_with(token)
            if known is not None:
                return known
            bound = bind(sqls, params.get("Parameters", []))
            active = sum(record["Status"] not in ENDED for record in self._statements.all())
            if active >= _MOST_ACTIVE:
                raise AwsError(
                    "ActiveStatementsExceededException",
                    f"The number of active statements exceeds the limit of {_MOST_ACTIVE}.",
                )
            statement_id = str(uuid.uuid4())
            about, kept, session_id = self._connect(params, statement_id)
            record = {
                **about, "Id": statement_id, "Bound": bound, "QueryString": "" if batch else sqls[0],
                "SubStatements": [{"QueryString": sql} for sql in sqls] if batch else [], "IsBatch": batch,
                "SessionId": session_id, "StatementName": params.get("StatementName"),
                "Parameters": params.get("Parameters", []), "ResultFormat": params.get("ResultFormat", "JSON"),
                "ExecutionMode": params.get("ExecutionMode", "TRANSACTION"), "SecretArn": params.get("SecretArn"),
            }  # fmt: skip
            record = self._statements.add(record, token)
            self._runner.submit(record, kept)
            self._statements.forget_old()
            return record

    def _connect(self, params: dict[str, Any], statement_id: str) -> tuple[dict[str, Any], Session | None, str | None]:
        """Where the statement runs; and the session, if it is a kept one."""
        session_id, keep_alive = params.get("SessionId"), params.get("SessionKeepAliveSeconds")
        if session_id is not None:
            about = self._runner.sessions.about(session_id)
            return about, self._runner.sessions.take(session_id, statement_id, keep_alive), session_id
        about = target_of(params)
        if not keep_alive:
            return about, None, None
        try:
            session = self._runner.open(about["Database"], about["DbUser"])
        except RedshiftError as error:
            raise AwsError("ValidationException", str(error)) from error
        return about, session, self._runner.sessions.keep(session, keep_alive, about, statement_id)

    def _answer(self, record: Record, wait: int | None) -> dict[str, Any]:
        now = self._statements.wait(record["Id"], wait)
        answer = {"Id": record["Id"], "CreatedAt": record["CreatedAt"], "Status": now["Status"]}
        answer.update({name: record[name] for name in (*_NAMED, "SessionId") if record.get(name)})
        if now["Status"] in ENDED:
            answer["HasResultSet"] = now.get("HasResultSet", False)
        if now.get("RedshiftPid"):
            answer["RedshiftPid"] = now["RedshiftPid"]
        return answer


def _part(part: Record) -> dict[str, Any]:
    """What a statement and a sub-statement have in common; -1 stands for what is not known (yet)."""
    answer = {
        "Id": part["Id"], "Status": part["Status"], "CreatedAt": part["CreatedAt"], "UpdatedAt": part["UpdatedAt"],
        "QueryString": part["QueryString"], "Duration": part.get("Duration", -1),
        "ResultRows": part.get("ResultRows", -1), "ResultSize": part.get("ResultSize", -1),
        "RedshiftQueryId": part.get("RedshiftQueryId", -1), "HasResultSet": part.get("HasResultSet", False),
    }  # fmt: skip
    if part.get("Error"):
        answer["Error"] = part["Error"]
    return answer


def _listed(record: Record) -> dict[str, Any]:
    answer = {name: record[name] for name in ("Id", "Status", "CreatedAt", "UpdatedAt", "ResultFormat")}
    answer["IsBatchStatement"] = record["IsBatch"]
    if record["IsBatch"]:
        answer["QueryStrings"] = [part["QueryString"] for part in record["SubStatements"]]
    else:
        answer["QueryString"] = record["QueryString"]
    for shown, kept in (
        ("StatementName",) * 2,
        ("SecretArn",) * 2,
        ("SessionId",) * 2,
        ("QueryParameters", "Parameters"),
    ):
        if record.get(kept):
            answer[shown] = record[kept]
    return answer
