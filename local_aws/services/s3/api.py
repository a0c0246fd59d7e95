"""Which S3 operations are ours."""

import re
from collections.abc import Sequence
from typing import ClassVar

from local_aws.errors import AwsError, Declined
from local_aws.service import Call, Service
from local_aws.services.s3.events import ObjectEvents
from local_aws.services.s3.listing import Listing
from local_aws.services.s3.multipart import Multipart
from local_aws.services.s3.objects import Objects
from local_aws.world import World

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class S3(Service):
    """Everything about objects; what is about a bucket alone falls through to moto."""

    name: ClassVar[str] = "s3"
    owns_all: ClassVar[bool] = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._parts = [Objects(world), Listing(world), Multipart(world), self]
        self._events = ObjectEvents(world)

    def handlers(self) -> Sequence[object]:
        """The parts of the service."""
        return self._parts

    def start(self) -> None:
        """Let events go out, those first that an earlier process did not see taken."""
        self._events.start()

    def stop(self) -> None:
        """End the delivery of events; what is not delivered is kept."""
        self._events.stop()

    def create_bucket(self, call: Call) -> None:
        """Hold S3's rule for names, which moto does not; then it is moto's to make the bucket.

        :raises AwsError: ``InvalidBucketName``.
        """
        if not _BUCKET_NAME.fullmatch(call.params["Bucket"]):
            raise AwsError("InvalidBucketName", f"The specified bucket is not valid: {call.params['Bucket']}", 400)
        raise Declined

    def delete_bucket(self, call: Call) -> None:
        """Refuse while objects remain; then it is moto's to remove the bucket.

        :raises AwsError: ``BucketNotEmpty``.
        """
        bucket = call.params["Bucket"]
        folder = self._world.objects.bucket_folder(bucket)
        if next(self._world.objects.list(f"s3://{bucket}/"), None) is not None:
            raise AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)
        # What is left are folders without objects; a bucket of the same name starts afresh.
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir()
        raise Declined

    def select_object_content(self, call: Call) -> None:
        """Not done, and never moto's, which does not hold the object."""
        raise _not_ours(call)

    get_object_acl = put_object_acl = get_object_torrent = restore_object = select_object_content
    get_object_legal_hold = put_object_legal_hold = get_object_retention = put_object_retention = select_object_content
    upload_part_copy = list_object_versions = rename_object = select_object_content


def _not_ours(call: Call) -> AwsError:
    return AwsError("NotImplemented", f"local_aws does not implement s3:{call.operation}", 501)
