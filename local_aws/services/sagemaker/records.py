"""The records of one kind of job: names are unique for ever, times are kept, the end is final."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.errors import AwsError
from local_aws.services.sagemaker.hosting_lists import select
from local_aws.state import Record
from local_aws.world import World

TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
#: Told of a job whose processes ended together with local_aws.
LOST = "InternalServerError: We encountered an internal error. Please try again. (local_aws ended while the job ran.)"


def now() -> datetime:
    """This moment, in UTC, with milliseconds as the API has them."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Kind:
    """The words of one kind of job."""

    noun: str
    stem: str
    resource: str
    exists: str
    unknown: str

    @property
    def name(self) -> str:
        """Member that holds the job's name, such as ``TrainingJobName``."""
        return f"{self.stem}Name"

    @property
    def status(self) -> str:
        """Member that holds the job's status."""
        return f"{self.stem}Status"

    @property
    def arn(self) -> str:
        """Member that holds the job's ARN."""
        return f"{self.stem}Arn"


class JobRecords:
    """A table of jobs of one kind, by name."""

    def __init__(self, world: World, kind: Kind, table: str) -> None:
        self.kind = kind
        self._world = world
        self._table = world.state.table(table)
        #: Makes a read-change-write of several calls atomic.
        self.lock = self._table.lock

    def arn(self, name: str) -> str:
        """The ARN that a job of that name has; SageMaker writes names in lower case there."""
        return self._world.arn("sagemaker", f"{self.kind.resource}/{name.lower()}")

    def create(self, record: Record) -> Record:
        """Add a job; name, ARN and times are set here.

        :raises AwsError: ``ResourceInUse`` when a job of that name was ever made.
        """
        name, moment = record[self.kind.name], now()
        with self._table.lock:
            if name in self._table:
                raise AwsError("ResourceInUse", self.kind.exists.format(name=name, arn=self.arn(name)))
            record = {**record, self.kind.arn: self.arn(name), "CreationTime": moment, "LastModifiedTime": moment}
            self._table.put(name, record)
        return record

    def get(self, name: str) -> Record:
        """The job.

        :raises AwsError: ``ValidationException`` in AWS's words when there is none.
        """
        record = self._table.get(name)
        if record is None:
            raise AwsError("ValidationException", self.kind.unknown.format(name=name))
        return record

    def change(self, name: str, **members: Any) -> Record:
        """Set members of a job and its LastModifiedTime."""
        with self._table.lock:
            record = {**self.get(name), **members, "LastModifiedTime": now()}
            self._table.put(name, record)
        return record

    def check_stoppable(self, name: str) -> Record:
        """The job, when it has not ended.

        :raises AwsError: ``ValidationException`` when it has, or when there is none.
        """
        record = self.get(name)
        status = record[self.kind.status]
        if status in TERMINAL:
            raise AwsError(
                "ValidationException",
                f"The request was rejected because the {self.kind.noun} is in status {status}.",
            )
        return record

    def all(self) -> list[Record]:
        """Every job, oldest first."""
        return self._table.values()

    def unfinished(self) -> list[Record]:
        """Jobs that have not ended, oldest first."""
        return [record for record in self.all() if record[self.kind.status] not in TERMINAL]

    def list(self, params: dict[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
        """The answer of the kind's List operation, each job reduced to ``members``."""
        found, more = select(self.all(), params, name=self.kind.name, status=self.kind.status)
        summaries = [{member: record[member] for member in members if member in record} for record in found]
        return {f"{self.kind.stem}Summaries": summaries, **more}
