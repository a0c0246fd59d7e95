"""The three logs of a step, under LogUri as EMR writes them."""

from pathlib import Path

from local_aws.objects import ObjectStore
from local_aws.services.emr.store import now
from local_aws.spark.shipped_logs import ShippedLogs
from local_aws.state import Record

NAMES = ("controller", "stdout", "stderr")


class StepLogs(ShippedLogs):
    """Logs of one step.

    :param folder: where the files are, for people: ``<state>/emr/<cluster>/steps/<step>``.
    """

    def __init__(self, folder: Path, objects: ObjectStore, cluster: Record, step: Record) -> None:
        base = step["logs"].get("LogUri") or cluster["request"].get("LogUri")
        uri = f"{base.rstrip('/')}/{cluster['id']}/steps/{step['id']}/" if base else None
        key = step["logs"].get("EncryptionKeyArn") or cluster["request"].get("LogEncryptionKmsKeyId")
        super().__init__(folder, NAMES, objects, uri, key)
        self.controller, self.stdout, self.stderr = (folder / name for name in NAMES)

    def note(self, text: str) -> None:
        """Add a line to the controller's log, which says what was started how and how it ended."""
        with self.controller.open("a", encoding="utf-8") as file:
            file.write(f"{now():%Y-%m-%dT%H:%M:%S.%fZ} INFO {text}\n")
