"""The states that a processing job passes through."""

from local_aws.services.sagemaker.records import JobRecords, now


class ProcessingStatus:
    """Moves one job from state to state."""

    def __init__(self, records: JobRecords, name: str) -> None:
        self._records = records
        self.name = name

    def started(self) -> None:
        """The job has its instance."""
        self._records.change(self.name, ProcessingStartTime=now())

    def stop(self) -> None:
        """Enter Stopping; a second time changes nothing.

        :raises AwsError: ``ValidationException`` when the job has ended or there is none.
        """
        with self._records.lock:
            self._records.check_stoppable(self.name)
            self._records.change(self.name, ProcessingJobStatus="Stopping")

    def end(self, status: str, reason: str | None = None, message: str | None = None) -> None:
        """Enter a final state.

        :param reason: FailureReason. :param message: ExitMessage.
        """
        told = {"FailureReason": reason and reason[:1024], "ExitMessage": message}
        members = {name: value for name, value in told.items() if value}
        self._records.change(self.name, ProcessingJobStatus=status, ProcessingEndTime=now(), **members)
