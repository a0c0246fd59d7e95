"""Sessions that outlive their statement (SessionKeepAliveSeconds): temporary tables and settings stay."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.errors import AwsError
from local_aws.services.redshift_data.warehouse.session import Session


@dataclass
class KeptSession:
    """A session that waits for its next statement.

    :param keep_alive: seconds from the end of a statement until the session ends by itself.
    """

    session: Session
    keep_alive: int
    about: dict[str, Any]
    statement_id: str | None = None
    timer: threading.Timer | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def described(self, session_id: str) -> dict[str, Any]:
        """The session as ListSessions shows it."""
        about = {
            "SessionId": session_id, "Status": "BUSY" if self.statement_id else "AVAILABLE",
            "CreatedAt": self.created_at, "UpdatedAt": self.updated_at, "SessionAliveSeconds": self.keep_alive,
            **self.about,
        }  # fmt: skip
        if self.statement_id:
            return {**about, "CurrentStatementId": self.statement_id}
        return {**about, "SessionTtl": self.updated_at + timedelta(seconds=self.keep_alive)}


class Sessions:
    """All kept sessions of this process; a restart ends them, as it ends every connection."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptSession] = {}
        self._lock = threading.Lock()

    def keep(self, session: Session, keep_alive: int, about: dict[str, Any], statement_id: str) -> str:
        """Keep a session that runs its first statement; its id.

        :param about: where it is connected to, as requests name it.
        """
        session_id = str(uuid.uuid4())
        with self._lock:
            self._kept[session_id] = KeptSession(session, keep_alive, about, statement_id)
        return session_id

    def take(self, session_id: str, statement_id: str, keep_alive: int | None) -> Session:
        """Use a kept session for a statement.

        :raises AwsError: if it has ended, or runs a statement already.
        """
        with self._lock:
            kept = self._find(session_id)
            if kept.statement_id is not None:
                raise AwsError(
                    "ValidationException", f"Session {session_id} is busy with the statement {kept.statement_id}."
                )
            if kept.timer is not None:
                kept.timer.cancel()
            kept.statement_id, kept.updated_at = statement_id, datetime.now(UTC)
            kept.keep_alive = kept.keep_alive if keep_alive is None else keep_alive
            return kept.session

    def about(self, session_id: str) -> dict[str, Any]:
        """Where a session is connected to.

        :raises AwsError: if it has ended.
        """
        with self._lock:
            return self._find(session_id).about

    def give_back(self, session_id: str) -> None:
        """The statement has ended; the session ends too unless the next one comes in time."""
        with self._lock:
            kept = self._kept.get(session_id)
            if kept is None:
                return
            kept.statement_id, kept.updated_at = None, datetime.now(UTC)
            kept.timer = threading.Timer(kept.keep_alive, self._end, [session_id])
            kept.timer.daemon = True
            kept.timer.start()

    def listed(self, chosen: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The sessions for which ``chosen`` is true of what ListSessions shows."""
        with self._lock:
            described = [kept.described(session_id) for session_id, kept in self._kept.items()]
        return [session for session in described if chosen(session)]

    def close(self) -> None:
        """End all that are idle; the busy ones end with their statement."""
        for session_id in list(self._kept):
            self._end(session_id)

    def _find(self, session_id: str) -> KeptSession:
        kept = self._kept.get(session_id)
        if kept is None:
            raise AwsError("ResourceNotFoundException", f"Session {session_id} does not exist.", 400)
        return kept

    def _end(self, session_id: str) -> None:
        with self._lock:
            kept = self._kept.get(session_id)
            if kept is None or kept.statement_id is not None:
                return
            del self._kept[session_id]
            if kept.timer is not None:
                kept.timer.cancel()
        kept.session.close()
