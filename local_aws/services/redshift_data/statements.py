"""What is remembered of statements: a record each, from its submission until a day after."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.errors import AwsError
from local_aws.services.redshift_data.errors import Cancelled, RedshiftError
from local_aws.services.redshift_data.results import Results
from local_aws.state import State

#: "Query results and statements are kept for 24 hours."
KEPT_FOR = timedelta(hours=24)
ENDED = ("FINISHED", "FAILED", "ABORTED")
Record = dict[str, Any]


class Statements:
    """All statements and the client tokens they were sent with. Safe to use from many threads."""

    def __init__(self, state: State, results: Results) -> None:
        self._table = state.table("redshift_data.statements")
        self._tokens = state.table("redshift_data.tokens")
        self._numbers = state.table("redshift_data.numbers")
        self._results = results
        self.changed = threading.Condition(self._table.lock)

    def sent_with(self, token: str | None) -> Record | None:
        """The statement that a client token was first sent with."""
        known = self._tokens.get(token) if token else None
        return self._table.get(str(known["Id"])) if known else None

    def add(self, record: Record, token: str | None) -> Record:
        """Remember a new statement under its ``Id``."""
        with self.changed:
            now = datetime.now(UTC)
            record = {"CreatedAt": now, "UpdatedAt": now, "Status": "SUBMITTED", **record}
            for number, part in enumerate(record["SubStatements"], 1):
                part.update(Id=f"{record['Id']}:{number}", CreatedAt=now, UpdatedAt=now, Status="SUBMITTED")
            self._table.put(record["Id"], record)
            if token:
                self._tokens.put(token, {"Id": record["Id"]})
            return record

    def get(self, statement_id: str) -> Record:
        """The record of a statement or, for ``id:n``, of the batch it is part of.

        :raises AwsError: ``ResourceNotFoundException``.
        """
        found = self._table.get(statement_id.partition(":")[0])
        if found is None:
            raise AwsError("ResourceNotFoundException", "Query does not exist.", 400)
        return found

    def part(self, statement_id: str) -> Record:
        """What is known of the statement itself: of a batch's sub-statement, where the id names one.

        :raises AwsError: ``ResourceNotFoundException``.
        """
        record = self.get(statement_id)
        if ":" not in statement_id:
            return record
        for part in record["SubStatements"]:
            if part["Id"] == statement_id:
                return {**record, **part, "SubStatements": []}
        raise AwsError("ResourceNotFoundException", "Query does not exist.", 400)

    def update(self, statement_id: str, number: int | None = None, **changes: Any) -> Record:
        """Change a record, or the ``number``-th of its sub-statements, and wake those who wait for it."""
        with self.changed:
            record = self._table.get(statement_id)
            if record is None:
                return {}
            now = datetime.now(UTC)
            target = record if number is None else record["SubStatements"][number]
            target.update(changes, UpdatedAt=now)
            record["UpdatedAt"] = now
            self._table.put(statement_id, record)
            self.changed.notify_all()
            return record

    def wait(self, statement_id: str, seconds: int | None) -> Record:
        """The statement once it has ended, or after ``seconds`` as it is then."""
        deadline = time.monotonic() + (seconds or 0)
        with self.changed:
            self.changed.wait_for(
                lambda: self.part(statement_id)["Status"] in ENDED, timeout=max(0.0, deadline - time.monotonic())
            )
            return self.part(statement_id)

    def all(self) -> list[Record]:
        """All records, the newest first."""
        return sorted(self._table.values(), key=lambda record: record["CreatedAt"], reverse=True)

    def next_query_id(self) -> int:
        """Redshift's number of a query: it only grows."""
        with self._table.lock:
            number = int((self._numbers.get("query") or {"last": 1000})["last"]) + 1
            self._numbers.put("query", {"last": number})
            return number

    def end_leftovers(self, reason: str) -> None:
        """Fail the statements that ran when an earlier process died: nothing runs them any more."""
        self._end_all(lambda record: record["Status"] not in ENDED, reason)

    def _end_all(self, chosen: Callable[[Record], bool], reason: str) -> None:
        for record in filter(chosen, self._table.values()):
            for number, part in enumerate(record["SubStatements"]):
                if part["Status"] not in ENDED:
                    self.update(record["Id"], number, Status="ABORTED")
            self.update(record["Id"], Status="FAILED", Error=reason)

    def forget_old(self) -> None:
        """Forget what is older than a day, results and tokens with it."""
        limit = datetime.now(UTC) - KEPT_FOR
        for record in self._table.values():
            if record["Status"] in ENDED and record["UpdatedAt"] < limit:
                self._table.delete(record["Id"])
                self._results.forget(record["Id"])
        known = set(self._table.keys())
        for token, entry in self._tokens.items():
            if entry["Id"] not in known:
                self._tokens.delete(token)


def failure(error: RedshiftError) -> dict[str, Any]:
    """The status and message of a statement that did not end well."""
    return {"Status": "ABORTED" if isinstance(error, Cancelled) else "FAILED", "Error": str(error)}
