"""The records of clusters and steps, and the one condition under which they change."""

import secrets
import string
import threading
from datetime import UTC, datetime
from typing import Any

from local_aws.services.emr import errors
from local_aws.state import Record, State

LIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
TERMINATED = ("TERMINATED", "TERMINATED_WITH_ERRORS")
#: The states of a step that still counts against the limit of active ones.
ACTIVE_STEP = ("PENDING", "RUNNING", "CANCEL_PENDING")


def now() -> datetime:
    """The time as EMR keeps it, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_id(prefix: str) -> str:
    """An id in EMR's form: ``j-2AXXXXXXGAPLF`` or ``s-07937682MJZT2``."""
    return prefix + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(13))


class Store:
    """All clusters and steps.

    ``changed`` guards every read-change-put and is notified after each, so whoever waits for a state waits on it.
    """

    def __init__(self, state: State) -> None:
        self._clusters = state.table("emr.clusters")
        self._steps = state.table("emr.steps")
        self.changed = threading.Condition(threading.RLock())

    def clusters(self) -> list[Record]:
        """All clusters, the oldest first."""
        return self._clusters.values()

    def cluster(self, cluster_id: str) -> Record:
        """The cluster.

        :raises AwsError: ``InvalidRequestException``.
        """
        record = self._clusters.get(cluster_id)
        if record is None:
            raise errors.no_such_cluster(cluster_id)
        return record

    def job_flow(self, cluster_id: str) -> Record:
        """The same cluster, asked for by an operation that says "job flow".

        :raises AwsError: ``ValidationException``.
        """
        record = self._clusters.get(cluster_id)
        if record is None:
            raise errors.no_such_job_flow()
        return record

    def steps(self, cluster_id: str) -> list[Record]:
        """The steps of a cluster in the order in which they were added."""
        return [step for step in self._steps.values() if step["cluster"] == cluster_id]

    def step(self, cluster_id: str, step_id: str) -> Record:
        """The step.

        :raises AwsError: ``InvalidRequestException``.
        """
        record = self._steps.get(step_id)
        if record is None or record["cluster"] != cluster_id:
            raise errors.no_such_step(step_id)
        return record

    def add_cluster(self, record: Record) -> None:
        """Keep a new cluster."""
        with self.changed:
            self._clusters.put(record["id"], record)
            self.changed.notify_all()

    def add_step(self, record: Record) -> None:
        """Keep a new step."""
        with self.changed:
            self._steps.put(record["id"], record)
            self.changed.notify_all()

    def change_cluster(self, cluster_id: str, **changes: Any) -> None:
        """Change some fields of a cluster."""
        with self.changed:
            self._clusters.put(cluster_id, {**self.cluster(cluster_id), **changes})
            self.changed.notify_all()

    def change_step(self, step_id: str, **changes: Any) -> None:
        """Change some fields of a step."""
        with self.changed:
            record = self._steps.get(step_id)
            assert record is not None, step_id  # noqa: S101 - steps are never deleted
            self._steps.put(step_id, {**record, **changes})
            self.changed.notify_all()
