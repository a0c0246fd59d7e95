"""The records of applications and job runs, and the one condition under which they change."""

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from local_aws.services.emr_serverless import errors
from local_aws.state import Record, State

#: The states of a job run that still occupies, or waits for, its application.
ACTIVE = ("SUBMITTED", "PENDING", "QUEUED", "SCHEDULED", "RUNNING", "CANCELLING")
_DIGITS = "0123456789abcdefghijklmnopqrstuv"


def now() -> datetime:
    """The time as EMR Serverless keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_id() -> str:
    """An id in the service's form: ``00f9kl2mo1sv8a01``."""
    return "00" + "".join(secrets.choice(_DIGITS) for _ in range(14))


class Store:
    """All applications and job runs.

    ``changed`` guards every read-change-put and is notified after each, so whoever waits for a state waits on it.
    """

    def __init__(self, state: State, declared: Callable[[], Iterable[Record]]) -> None:
        self._applications = state.table("emr_serverless.applications")
        self._runs = state.table("emr_serverless.runs")
        self._tokens = state.table("emr_serverless.tokens")
        self._declared = declared
        self.changed = threading.Condition(threading.RLock())

    def applications(self) -> list[Record]:
        """All applications, the oldest first; those that CloudFormation declares are among them."""
        with self.changed:
            for record in self._declared():
                if record["id"] not in self._applications:
                    self.add_application(record)
            return self._applications.values()

    def application(self, application_id: str) -> Record:
        """The application.

        :raises AwsError: ``ResourceNotFoundException``.
        """
        record = self._applications.get(application_id)
        if record is None:
            record = next((record for record in self.applications() if record["id"] == application_id), None)
        if record is None:
            raise errors.no_application(application_id)
        return record

    def runs(self, application_id: str | None = None) -> list[Record]:
        """The job runs of an application, or of all, the oldest first."""
        runs = self._runs.values()
        return [run for run in runs if application_id is None or run["application"] == application_id]

    def active_runs(self, application_id: str | None = None) -> list[Record]:
        """Those that have not ended."""
        return [run for run in self.runs(application_id) if run["state"] in ACTIVE]

    def run(self, application_id: str, run_id: str) -> Record:
        """The job run.

        :raises AwsError: ``ResourceNotFoundException``.
        """
        self.application(application_id)
        record = self._runs.get(run_id)
        if record is None or record["application"] != application_id:
            raise errors.no_run(run_id)
        return record

    def add_application(self, record: Record) -> None:
        """Keep a new application."""
        with self.changed:
            self._applications.put(record["id"], record)
            self.changed.notify_all()

    def add_run(self, record: Record) -> None:
        """Keep a new job run."""
        with self.changed:
            self._runs.put(record["id"], record)
            self.changed.notify_all()

    def change_application(self, application_id: str, **changes: Any) -> Record:
        """Change some fields of an application."""
        with self.changed:
            record = {**self.application(application_id), **changes, "updated": now()}
            self._applications.put(application_id, record)
            self.changed.notify_all()
        return record

    def change_run(self, run_id: str, **changes: Any) -> Record:
        """Change some fields of a job run."""
        with self.changed:
            found = self._runs.get(run_id)
            assert found is not None, run_id  # noqa: S101 - runs are never deleted
            record = {**found, **changes, "updated": now()}
            self._runs.put(run_id, record)
            self.changed.notify_all()
        return record

    def once(self, operation: str, asked: dict[str, Any], make: Callable[[], str]) -> str:
        """The id that ``make`` gives, or gave when the same request came with the same client token before.

        :raises AwsError: ``ConflictException`` when the token came with another request.
        """
        token = asked["clientToken"]
        key = f"{operation}/{asked.get('applicationId', '')}/{token}"
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        with self.changed:
            known = self._tokens.get(key)
            if known is None:
                known = {"id": make(), "digest": digest}
                self._tokens.put(key, known)
            elif known["digest"] != digest:
                raise errors.conflict(token)
        return str(known["id"])
