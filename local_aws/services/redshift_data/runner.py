"""Statements carried out: a thread each, as many at once as there are slots, each from SUBMITTED to its end."""

import itertools
import logging
import threading
import time
from typing import Any

from local_aws.objects import ObjectStore
from local_aws.services.redshift_data.errors import Cancelled, RedshiftError
from local_aws.services.redshift_data.results import Results
from local_aws.services.redshift_data.sessions import Sessions
from local_aws.services.redshift_data.sql.statements import Source, single
from local_aws.services.redshift_data.statements import Record, Statements, failure
from local_aws.services.redshift_data.warehouse.engine import Engine
from local_aws.services.redshift_data.warehouse.session import Outcome, Session

#: Statements that run at once; more wait as SUBMITTED, as in a queue of the workload manager.
SLOTS = 8
_STOPPED = {"Status": "FAILED", "Error": "ERROR: local_aws was stopped while the statement ran"}
_LOGGER = logging.getLogger(__name__)


class Runner:
    """Runs what is submitted. A statement's record is the only thing that others read of it."""

    def __init__(self, engine: Engine, objects: ObjectStore, statements: Statements, results: Results) -> None:
        self._engine = engine
        self._objects = objects
        self._statements = statements
        self._results = results
        self._slots = threading.Semaphore(SLOTS)
        self._running: dict[str, Session | None] = {}
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()
        self._pids = itertools.count(1_073_741_824)
        self.sessions = Sessions()
        self.stopping = False

    def open(self, database: str, user: str) -> Session:
        """A session of its own.

        :raises RedshiftError: if there is no such database.
        """
        return Session(self._engine, self._objects, database, user, next(self._pids))

    def submit(self, record: Record, kept: Session | None = None) -> None:
        """Begin to run a statement.

        :param kept: the session that was taken for it; None for one of its own, which ends with it.
        """
        with self._lock:
            self._running[record["Id"]] = None
        threading.Thread(target=self._serve, args=[record, kept], daemon=True, name=f"redshift-{record['Id']}").start()

    def cancel(self, statement_id: str) -> bool:
        """Stop a statement, whether it runs, waits for a slot, or waits for another writer; False if it has ended."""
        with self._lock:
            if statement_id not in self._running:
                return False
            self._cancelled.add(statement_id)
        threading.Thread(target=self._insist, args=[statement_id], daemon=True, name=f"cancel-{statement_id}").start()
        return True

    def _insist(self, statement_id: str) -> None:
        """Interrupt until it has ended: an interruption between two queries of a statement meets neither of them."""
        while True:
            with self._lock:
                if statement_id not in self._running:
                    return
                session = self._running[statement_id]
                if session is not None:
                    session.cancel()
            with self._statements.changed:
                self._statements.changed.wait(timeout=0.05)

    def stop(self) -> None:
        """End everything: running statements are interrupted, idle sessions closed."""
        self.stopping = True
        with self._lock:
            running = list(self._running)
        for statement_id in running:
            self.cancel(statement_id)
        with self._statements.changed:
            self._statements.changed.wait_for(lambda: not self._running, timeout=10)
        self.sessions.close()

    def _serve(self, record: Record, kept: Session | None) -> None:
        statement_id = record["Id"]
        try:
            self._take_slot(statement_id)
            try:
                self._statements.update(statement_id, Status="PICKED")
                self._work(record, kept)
            finally:
                self._slots.release()
        except Cancelled as error:
            self._abort_rest(statement_id)
            self._statements.update(statement_id, **(_STOPPED if self.stopping else failure(error)))
        except Exception as error:
            # A fault of ours, not of the statement: it must not look as if the statement still ran.
            _LOGGER.exception("statement %s", statement_id)
            self._statements.update(statement_id, Status="FAILED", Error=f"ERROR: local_aws failed: {error!r}")
        finally:
            with self._statements.changed:
                with self._lock:
                    self._running.pop(statement_id, None)
                    self._cancelled.discard(statement_id)
                self._statements.changed.notify_all()
            if kept is not None:
                kept.reset()
                self.sessions.give_back(record["SessionId"])

    def _take_slot(self, statement_id: str) -> None:
        """Wait in the queue.

        :raises Cancelled: for a statement that was cancelled there.
        """
        while not self._slots.acquire(timeout=0.05):
            with self._lock:
                if statement_id in self._cancelled:
                    raise Cancelled

    def _work(self, record: Record, kept: Session | None) -> None:
        statement_id = record["Id"]
        started = time.monotonic_ns()
        session = kept
        try:
            session = session or self.open(record["Database"], record["DbUser"])
            self._attach(statement_id, session)
            self._statements.update(statement_id, Status="STARTED", RedshiftPid=session.pid)
            changes = self._run_batch(record, session) if record["SubStatements"] else self._run_single(record, session)
        except RedshiftError as error:
            changes = _STOPPED if self.stopping else failure(error)
        finally:
            if session is not None and kept is None:
                session.close()
        self._statements.update(statement_id, Duration=time.monotonic_ns() - started, **changes)

    def _attach(self, statement_id: str, session: Session) -> None:
        """From here on a cancellation reaches the session; one that came before is noticed now."""
        with self._lock:
            self._running[statement_id] = session
            if statement_id in self._cancelled:
                raise Cancelled

    def _run_single(self, record: Record, session: Session) -> dict[str, Any]:
        source = single(record["Bound"][0])
        query_id = self._statements.next_query_id()
        writer = self._results.writer(record["Id"], record["ResultFormat"])
        with session.transaction.around(writes=source.writes):
            outcome = session.run(source, query_id, writer)
        return _finished(outcome, query_id)

    def _run_batch(self, record: Record, session: Session) -> dict[str, Any]:
        if record["ExecutionMode"] == "AUTO_COMMIT":
            return self._run_each(record, session)
        try:
            sources = [self._source(record, number) for number in range(len(record["Bound"]))]
            with session.transaction.around(writes=any(source.writes for source in sources)):
                outcomes = [self._run_part(record, session, number, source) for number, source in enumerate(sources)]
        except RedshiftError as error:
            self._abort_rest(record["Id"])
            raise _of_batch(error, self._statements.get(record["Id"])) from error
        return _finished_batch(outcomes)

    def _run_each(self, record: Record, session: Session) -> dict[str, Any]:
        """AUTO_COMMIT: each statement for itself, a failed one does not keep the next from running."""
        outcomes: list[Outcome] = []
        last: RedshiftError | None = None
        for number in range(len(record["Bound"])):
            try:
                source = self._source(record, number)
                with session.transaction.around(writes=source.writes):
                    outcomes.append(self._run_part(record, session, number, source))
            except Cancelled:
                self._abort_rest(record["Id"])
                raise
            except RedshiftError as error:
                last = error
        if last is not None:
            return {**_finished_batch(outcomes), **failure(_of_batch(last, self._statements.get(record["Id"])))}
        return _finished_batch(outcomes)

    def _source(self, record: Record, number: int) -> Source:
        try:
            return single(record["Bound"][number])
        except RedshiftError as error:
            self._statements.update(record["Id"], number, **failure(error))
            raise

    def _run_part(self, record: Record, session: Session, number: int, source: Source) -> Outcome:
        query_id = self._statements.next_query_id()
        started = time.monotonic_ns()
        self._statements.update(record["Id"], number, Status="STARTED")
        writer = self._results.writer(f"{record['Id']}:{number + 1}", record["ResultFormat"])
        try:
            outcome = session.run(source, query_id, writer)
        except RedshiftError as error:
            took = time.monotonic_ns() - started
            self._statements.update(record["Id"], number, Duration=took, RedshiftQueryId=query_id, **failure(error))
            raise
        self._statements.update(
            record["Id"], number, Duration=time.monotonic_ns() - started, **_finished(outcome, query_id)
        )
        return outcome

    def _abort_rest(self, statement_id: str) -> None:
        """What was not reached will not run."""
        for number, part in enumerate(self._statements.get(statement_id)["SubStatements"]):
            if part["Status"] in ("SUBMITTED", "STARTED"):
                self._statements.update(statement_id, number, Status="ABORTED")


def _finished(outcome: Outcome, query_id: int) -> dict[str, Any]:
    return {
        "Status": "FINISHED", "ResultRows": outcome.rows, "ResultSize": outcome.size,
        "HasResultSet": outcome.has_result, "RedshiftQueryId": query_id,
    }  # fmt: skip


def _finished_batch(outcomes: list[Outcome]) -> dict[str, Any]:
    return {"Status": "FINISHED", "HasResultSet": any(outcome.has_result for outcome in outcomes)}


def _of_batch(error: RedshiftError, record: Record) -> RedshiftError:
    """The batch's error names the statement: ``Query #2 failed with ERROR: ...``."""
    numbers = [number for number, part in enumerate(record["SubStatements"], 1) if part["Status"] == "FAILED"]
    if isinstance(error, Cancelled) or not numbers:
        return error
    return _Told(f"Query #{numbers[-1]} failed with {error}")


class _Told(RedshiftError):
    """An error whose whole text is known."""

    def __str__(self) -> str:
        return self.message
