"""A session: one connection to one database, running one statement after another."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import duckdb

from local_aws.objects import ObjectStore
from local_aws.services.redshift_data.copy.convert import literal
from local_aws.services.redshift_data.copy.copy import copy
from local_aws.services.redshift_data.copy.load_errors import LoadError
from local_aws.services.redshift_data.errors import Cancelled, RedshiftError
from local_aws.services.redshift_data.sql.ddl import column_comments
from local_aws.services.redshift_data.sql.plan import Plan
from local_aws.services.redshift_data.sql.statements import Source
from local_aws.services.redshift_data.sql.translate import translate
from local_aws.services.redshift_data.sql.types import RedshiftType, from_duckdb
from local_aws.services.redshift_data.unload.unload import unload
from local_aws.services.redshift_data.warehouse.catalog import DuckCatalog
from local_aws.services.redshift_data.warehouse.engine import Engine, search_path
from local_aws.services.redshift_data.warehouse.errors import from_duckdb as told_by_duckdb
from local_aws.services.redshift_data.warehouse.transaction import Transaction

_BATCH = 1000


class Sink(Protocol):
    """Where the rows of a query go."""

    def write(self, columns: list[tuple[str, RedshiftType]], batches: Iterator[list[tuple[Any, ...]]]) -> int:
        """Keep the rows, batch by batch; their size in bytes."""


@dataclass(frozen=True)
class Outcome:
    """How a statement ended well.

    :param rows: returned, inserted, updated, deleted or loaded.
    :param size: bytes of the result.
    """

    rows: int = 0
    size: int = 0
    has_result: bool = False


class Session:
    """One connection. Only one thread runs statements in it; any may cancel.

    :param user: the database user, which has no more and no fewer rights than any other.
    :param pid: the process id that Redshift would show.
    """

    def __init__(self, engine: Engine, objects: ObjectStore, database: str, user: str, pid: int) -> None:
        self.objects = objects
        self.database = database
        self.pid = pid
        self._engine = engine
        self._cancelled = threading.Event()
        self.cursor: duckdb.DuckDBPyConnection = engine.cursor(database)
        self.catalog = DuckCatalog(self._query)
        self.transaction = Transaction(engine, self.cursor, self.cancelled)
        self._remember("user", user)
        self._remember("pid", pid)

    def cancelled(self) -> bool:
        """Whether the running statement was cancelled."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Interrupt whatever runs; the statement ends as cancelled. In a session that has ended nothing does."""
        self._cancelled.set()
        with suppress(duckdb.ConnectionException):  # how the engine says that the connection is closed
            self.cursor.interrupt()

    def reset(self) -> None:
        """Forget a cancellation, before the next statement."""
        self._cancelled.clear()

    def plan(self, source: Source) -> Plan:
        """A statement in the engine's words."""
        return translate(source, self.catalog)

    def close(self) -> None:
        """End the session: what was not committed is undone, temporary tables are gone."""
        self.transaction.rollback()
        self.cursor.close()

    def run(self, source: Source, query_id: int, sink: Sink) -> Outcome:
        """Run one statement.

        :param query_id: the id that system tables and pg_last_query_id show for it.
        :param sink: takes the rows if it has any.
        :raises RedshiftError: in Redshift's words.
        """
        if self._cancelled.is_set():
            raise Cancelled
        plan = Plan("nothing")
        try:
            plan = self.plan(source)
            outcome = self._run(plan, source, query_id, sink)
        except duckdb.Error as error:
            raise told_by_duckdb(error, plan.tables) from error
        except RedshiftError:
            if self._cancelled.is_set():
                raise Cancelled from None
            raise
        self._remember("last_query", query_id)
        return outcome

    def _run(self, plan: Plan, source: Source, query_id: int, sink: Sink) -> Outcome:
        special: dict[str, Callable[[], Outcome]] = {
            "begin": lambda: self._control(self.transaction.begin_explicitly),
            "commit": lambda: self._control(self.transaction.commit),
            "rollback": lambda: self._control(self.transaction.rollback),
            "unload": lambda: self._unload(source, query_id),
            "copy": lambda: self._copy(source, query_id),
            "nothing": Outcome,
            "set_timezone": lambda: self._set("TimeZone", plan.statements[0]),
            "set_search_path": lambda: self._set("search_path", search_path(self.database, plan.statements)),
            "create_database": lambda: self._control(lambda: self._engine.create(plan.statements[0])),
            "drop_database": lambda: self._control(lambda: self._engine.drop(plan.statements[0])),
        }
        if plan.kind in special:
            return special[plan.kind]()
        if plan.unless_exists is not None and self.catalog.columns(plan.unless_exists):
            return Outcome()
        for statement in plan.statements[:-1]:
            self.cursor.execute(statement)
        result = self.cursor.execute(plan.statements[-1])
        if plan.kind == "query":
            return self._fetch(plan, sink)
        if plan.kind == "write":
            row = result.fetchone()
            return Outcome(rows=int(row[0]) if row else 0)
        self._declare(plan)
        return Outcome()

    def _fetch(self, plan: Plan, sink: Sink) -> Outcome:
        described = self.cursor.description or []
        declared = plan.columns if len(plan.columns) == len(described) else [None] * len(described)
        columns = [
            (str(column[0]), kind or from_duckdb(str(column[1])))
            for column, kind in zip(described, declared, strict=True)
        ]
        counted = [0]

        def batches() -> Iterator[list[tuple[Any, ...]]]:
            while rows := self.cursor.fetchmany(_BATCH):
                if self._cancelled.is_set():
                    raise Cancelled
                counted[0] += len(rows)
                yield rows

        size = sink.write(columns, batches())
        return Outcome(rows=counted[0], size=size, has_result=True)

    def _declare(self, plan: Plan) -> None:
        """Keep the types of a CREATE TABLE AS that its query's columns were declared with."""
        if plan.created is None or not plan.columns:
            return
        columns = self.catalog.columns(plan.created)
        if len(columns) == len(plan.columns):
            types = {column.name: kind for column, kind in zip(columns, plan.columns, strict=True) if kind is not None}
            for statement in column_comments(plan.created, types):
                self.cursor.execute(statement)

    def _unload(self, source: Source, query_id: int) -> Outcome:
        self._remember("last_unload", query_id)
        self._remember("last_unload_count", 0)
        with self._engine.scratch_folder(f"unload-{query_id}") as scratch:
            count = unload(
                self, source, scratch, lambda rows: self._engine.log("unload_log", [(query_id, *row) for row in rows])
            )
        self._remember("last_unload_count", count)
        # The Data API shows no rows for an UNLOAD; pg_last_unload_count() and the manifest do.
        return Outcome()

    def _copy(self, source: Source, query_id: int) -> Outcome:
        def log(errors: list[LoadError], table: str) -> None:
            self._engine.log("load_errors", [error.logged(query_id, table) for error in errors])

        with self._engine.scratch_folder(f"copy-{query_id}") as scratch:
            count = copy(self, source, self.catalog, scratch, log)
        self._remember("last_copy", query_id)
        self._remember("last_copy_count", count)
        return Outcome(rows=count)

    def _control(self, action: Callable[[], None]) -> Outcome:
        action()
        return Outcome()

    def _set(self, setting: str, value: str) -> Outcome:
        self.cursor.execute(f"SET {setting} = {literal(value)}")
        return Outcome()

    def _remember(self, name: str, value: int | str) -> None:
        """A variable of the session, which the functions pg_... and CURRENT_USER read."""
        shown = value if isinstance(value, int) else literal(value)
        self.cursor.execute(f"SET VARIABLE redshift_{name} = {shown}")

    def _query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.cursor.execute(sql, list(parameters)).fetchall()
