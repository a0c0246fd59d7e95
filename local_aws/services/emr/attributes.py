"""What is written on a cluster besides its state: its tags and its auto-termination policy."""

from typing import Any

from local_aws.service import Call
from local_aws.services.emr import errors
from local_aws.services.emr.requests import idle_seconds
from local_aws.services.emr.store import LIVE, TERMINATED, Store
from local_aws.state import Record


class Attributes:
    """AddTags, RemoveTags and the auto-termination policy."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_tags(self, call: Call) -> None:
        """Tag a cluster."""
        with self._store.changed:
            cluster = self._taggable(call.params["ResourceId"])
            added = {tag.get("Key", ""): tag.get("Value", "") for tag in call.params["Tags"]}
            if not all(1 <= len(key) <= 128 for key in added):
                raise errors.invalid_request(
                    "Invalid tag key. Tag keys must be between 1 and 128 characters in length."
                )
            self._store.change_cluster(cluster["id"], tags={**cluster["tags"], **added})

    def remove_tags(self, call: Call) -> None:
        """Take tags off."""
        with self._store.changed:
            cluster = self._taggable(call.params["ResourceId"])
            kept = {key: value for key, value in cluster["tags"].items() if key not in call.params["TagKeys"]}
            self._store.change_cluster(cluster["id"], tags=kept)

    def put_auto_termination_policy(self, call: Call) -> None:
        """Let the cluster end after it has waited for so long."""
        self._set_idle(call.params["ClusterId"], idle_seconds(call.params.get("AutoTerminationPolicy", {})))

    def remove_auto_termination_policy(self, call: Call) -> None:
        """Let it wait for ever."""
        self._set_idle(call.params["ClusterId"], None)

    def get_auto_termination_policy(self, call: Call) -> dict[str, Any]:
        """The policy, if there is one."""
        seconds = self._store.cluster(call.params["ClusterId"])["idle_seconds"]
        return {} if seconds is None else {"AutoTerminationPolicy": {"IdleTimeout": seconds}}

    def _set_idle(self, cluster_id: str, seconds: int | None) -> None:
        with self._store.changed:
            if self._store.cluster(cluster_id)["state"] not in LIVE:
                raise errors.validation(errors.NOT_MODIFIABLE)
            self._store.change_cluster(cluster_id, idle_seconds=seconds)

    def _taggable(self, cluster_id: str) -> Record:
        cluster = self._store.cluster(cluster_id)
        if cluster["state"] in TERMINATED:
            raise errors.invalid_request("Tags cannot be modified on terminated clusters.")
        return cluster
