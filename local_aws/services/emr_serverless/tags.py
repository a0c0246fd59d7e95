"""Tags of applications and job runs."""

from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.emr_serverless.store import Store
from local_aws.state import Record

_MOST = 200


class Tags:
    """TagResource, UntagResource, ListTagsForResource."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tag_resource(self, call: Call) -> None:
        """Add or replace tags."""
        with self._store.changed:
            record = self._resource(call.params["resourceArn"])
            tags = {**record["tags"], **call.params["tags"]}
            if len(tags) > _MOST:
                raise AwsError("ValidationException", f"A resource can have at most {_MOST} tags.")
            self._put(record, tags)

    def untag_resource(self, call: Call) -> None:
        """Take tags off; those that are not there are passed over."""
        with self._store.changed:
            record = self._resource(call.params["resourceArn"])
            self._put(
                record, {key: value for key, value in record["tags"].items() if key not in call.params["tagKeys"]}
            )

    def list_tags_for_resource(self, call: Call) -> dict[str, Any]:
        """All tags of a resource."""
        return {"tags": self._resource(call.params["resourceArn"])["tags"]}

    def _resource(self, arn: str) -> Record:
        _, _, rest = arn.partition("/applications/")
        application_id, _, run_id = rest.partition("/jobruns/")
        return self._store.run(application_id, run_id) if run_id else self._store.application(application_id)

    def _put(self, record: Record, tags: dict[str, str]) -> None:
        change = self._store.change_run if "application" in record else self._store.change_application
        change(record["id"], tags=tags)
