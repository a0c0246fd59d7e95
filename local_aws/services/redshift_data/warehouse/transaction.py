"""A session's transaction: around one statement, around a batch, or from BEGIN to COMMIT."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from local_aws.services.redshift_data.warehouse.engine import Engine
from local_aws.services.redshift_data.warehouse.errors import from_duckdb


class Transaction:
    """What is open on one connection, and whether it holds the right to write.

    :param cancelled: whether the session's statement was cancelled, asked while waiting for another writer.
    """

    def __init__(self, engine: Engine, cursor: duckdb.DuckDBPyConnection, cancelled: Callable[[], bool]) -> None:
        self._engine = engine
        self._cursor = cursor
        self._cancelled = cancelled
        self._open = False
        self._explicit = False
        self._writing = False

    @contextmanager
    def around(self, *, writes: bool) -> Iterator[None]:
        """A transaction around one statement or a batch, or nothing inside one that BEGIN opened.

        :param writes: whether it may write; it then waits for its turn.
        :raises RedshiftError: if it cannot be committed.
        """
        if self._open:
            if writes:
                self._take_turn()
            yield
            return
        try:
            if writes:
                # Before BEGIN: a snapshot taken earlier could be of rows that the writer before has changed since.
                self._take_turn()
            self.begin()
            yield
        except BaseException:
            self.rollback()
            raise
        # BEGIN as a statement of its own leaves its transaction open for the session's next one.
        if not self._explicit:
            self.commit()

    def begin(self) -> None:
        """Open a transaction; inside of one, nothing."""
        if not self._open:
            self._cursor.execute("BEGIN TRANSACTION")
            self._open = True

    def begin_explicitly(self) -> None:
        """BEGIN: the transaction stays open until COMMIT or ROLLBACK; a second BEGIN is a warning in Redshift."""
        self.begin()
        self._explicit = True

    def commit(self) -> None:
        """COMMIT; without a transaction, nothing."""
        self._finish("COMMIT")

    def rollback(self) -> None:
        """ROLLBACK; without a transaction, nothing."""
        self._finish("ROLLBACK")

    def _take_turn(self) -> None:
        if not self._writing:
            self._engine.acquire_writer(self._cancelled)
            self._writing = True

    def _finish(self, word: str) -> None:
        try:
            if self._open:
                self._open = False
                self._cursor.execute(word)
        except duckdb.Error as error:
            raise from_duckdb(error) from error
        finally:
            self._explicit = False
            if self._writing:
                self._writing = False
                self._engine.release_writer()
