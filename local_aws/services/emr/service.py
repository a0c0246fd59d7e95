"""The service itself: what answers its operations, and what happens to clusters when local_aws starts and stops."""

import functools
import threading
from collections.abc import Sequence
from typing import ClassVar

from local_aws.service import Service
from local_aws.services.emr.attributes import Attributes
from local_aws.services.emr.cluster_life import ClusterLife
from local_aws.services.emr.clusters import Clusters
from local_aws.services.emr.instances import Instances
from local_aws.services.emr.steps import Steps
from local_aws.services.emr.store import TERMINATED, Store, now
from local_aws.spark.launch import LocalSpark
from local_aws.state import Record
from local_aws.world import World


class Emr(Service):
    """EMR on EC2."""

    name: ClassVar[str] = "emr"

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = Store(world.state)
        self._lives: dict[str, ClusterLife] = {}
        self._spark_lock = threading.Lock()
        self._handlers = [
            Clusters(world, self._store, self._begin),
            Steps(self._store, self._cancel),
            Attributes(self._store),
            Instances(self._store),
        ]

    def handlers(self) -> Sequence[object]:
        """Clusters, steps, what is written on them, machines."""
        return self._handlers

    def start(self) -> None:
        """Let the clusters of an earlier process go on, with their steps: on AWS they would not have noticed."""
        for cluster in self._store.clusters():
            if cluster["state"] in TERMINATED:
                continue
            self._take_up(cluster)
            self._begin(cluster["id"])

    def stop(self) -> None:
        """End every step's processes."""
        for life in self._lives.values():
            life.abandon()

    def _begin(self, cluster_id: str) -> None:
        life = ClusterLife(self._world, self._store, cluster_id, self._spark)
        self._lives[cluster_id] = life
        life.start()

    def _cancel(self, cluster_id: str, step_id: str, force: bool) -> None:
        self._lives[cluster_id].cancel(step_id, force=force)

    def _spark(self) -> LocalSpark:
        with self._spark_lock:
            return self._found_spark

    @functools.cached_property
    def _found_spark(self) -> LocalSpark:
        """Looked for when the first cluster needs it, and again if there was none: one may have been installed."""
        return LocalSpark(self._world.root / "spark", self._world.objects)

    def _take_up(self, cluster: Record) -> None:
        """Queue the steps that ran when an earlier process ended: they run anew, from their beginning."""
        with self._store.changed:
            for step in self._store.steps(cluster["id"]):
                if step["state"] == "RUNNING":
                    self._store.change_step(step["id"], state="PENDING")
                elif step["state"] == "CANCEL_PENDING":
                    self._store.change_step(step["id"], state="CANCELLED", ended=now())
