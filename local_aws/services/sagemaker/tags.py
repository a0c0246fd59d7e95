"""Tags of everything in SageMaker, in one table by ARN."""

from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.world import World

_MOST = 50


class Tags:
    """Answers AddTags, ListTags and DeleteTags; the Create operations put their tags here."""

    def __init__(self, world: World) -> None:
        self._table = world.state.table("sagemaker.tags")

    def put(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Add tags to a resource, replacing those of the same key.

        :param tags: in the API's form, ``[{"Key": ..., "Value": ...}]``.
        :raises AwsError: ``ResourceLimitExceeded`` for more than 50.
        """
        with self._table.lock:
            record = {**(self._table.get(arn) or {}), **{tag["Key"]: tag.get("Value", "") for tag in tags or []}}
            if len(record) > _MOST:
                raise AwsError("ResourceLimitExceeded", f"The number of tags of {arn} exceeds the limit of {_MOST}")
            if record:
                self._table.put(arn, record)

    def of(self, arn: str) -> list[dict[str, str]]:
        """The tags of a resource in the API's form."""
        return [{"Key": key, "Value": value} for key, value in (self._table.get(arn) or {}).items()]

    def forget(self, arn: str) -> None:
        """Drop the tags of a deleted resource."""
        self._table.delete(arn)

    def add_tags(self, call: Call) -> dict[str, Any]:
        """Add or replace tags."""
        self.put(call.params["ResourceArn"], call.params["Tags"])
        return {"Tags": self.of(call.params["ResourceArn"])}

    def list_tags(self, call: Call) -> dict[str, Any]:
        """All tags of a resource; there are never more than one page of them."""
        return {"Tags": self.of(call.params["ResourceArn"])}

    def delete_tags(self, call: Call) -> None:
        """Remove tags; those that are not there are passed over."""
        with self._table.lock:
            arn, unwanted = call.params["ResourceArn"], call.params["TagKeys"]
            record = {key: value for key, value in (self._table.get(arn) or {}).items() if key not in unwanted}
            self._table.put(arn, record)
