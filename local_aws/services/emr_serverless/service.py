"""The service itself: what answers its operations, and what happens when local_aws starts and stops."""

import functools
import logging
import threading
from collections.abc import Iterator, Sequence
from typing import ClassVar

from local_aws.declared import declared_applications
from local_aws.errors import AwsError
from local_aws.service import Service
from local_aws.services.emr_serverless.application_requests import new_application
from local_aws.services.emr_serverless.applications import Applications
from local_aws.services.emr_serverless.job_runs import JobRuns
from local_aws.services.emr_serverless.scheduler import Scheduler
from local_aws.services.emr_serverless.store import Store
from local_aws.services.emr_serverless.tags import Tags
from local_aws.spark.launch import LocalSpark
from local_aws.state import Record
from local_aws.world import World


class EmrServerless(Service):
    """EMR Serverless, with Spark."""

    name: ClassVar[str] = "emr-serverless"

    def __init__(self, world: World) -> None:
        self._world = world
        self._refused: set[str] = set()
        store = Store(world.state, self._declared)
        self._scheduler = Scheduler(world, store, self._spark)
        self._spark_lock = threading.Lock()
        self._handlers = [Applications(world, store), JobRuns(world, store, self._scheduler.cancel), Tags(store)]

    def handlers(self) -> Sequence[object]:
        """Applications, job runs, tags."""
        return self._handlers

    def start(self) -> None:
        """Go on where an earlier process was stopped."""
        self._scheduler.start()

    def stop(self) -> None:
        """End every driver."""
        self._scheduler.stop()

    def _spark(self) -> LocalSpark:
        with self._spark_lock:
            return self._found_spark

    @functools.cached_property
    def _found_spark(self) -> LocalSpark:
        """Looked for when the first application needs it, and again if there was none: one may have been installed."""
        return LocalSpark(self._world.root / "spark", self._world.objects)

    def _declared(self) -> Iterator[Record]:
        """The records of the applications that CloudFormation declares. One that cannot be is told of in the log."""
        for application_id, asked in declared_applications().items():
            try:
                yield new_application(asked, application_id)
            except AwsError as error:
                if application_id not in self._refused:
                    logging.warning("EMR Serverless application %s of a stack is not there: %s", application_id, error)
                self._refused.add(application_id)
