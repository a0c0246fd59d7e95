"""The states that a training job passes through, in AWS's words, with their times."""

from datetime import datetime
from typing import Any

from local_aws.services.sagemaker.records import JobRecords, now
from local_aws.state import Record

#: Secondary status and message of each step, as DescribeTrainingJob tells them.
STARTING = ("Starting", "Starting the training job")
PENDING = ("Pending", "Waiting for capacity: the jobs before this one use all of it")
PREPARING = ("Starting", "Preparing the instances for training")
DOWNLOADING = ("Downloading", "Downloading input data")
DOWNLOADING_IMAGE = ("Downloading", "Downloading the training image")
TRAINING = ("Training", "Training image download completed. Training in progress.")
UPLOADING = ("Uploading", "Uploading generated training model")
RESTARTING = ("Restarting", "Restarting the training job: local_aws was started anew")
INTERRUPTED = ("Interrupted", "Training job interrupted: the spot instances were taken back")
STOPPING = ("Stopping", "Stopping the training job")
COMPLETED = ("Completed", "Training job completed")
FAILED = ("Failed", "Training job failed")
STOPPED = ("Stopped", "Training job stopped")
MAX_RUNTIME_EXCEEDED = ("MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided")
MAX_WAIT_TIME_EXCEEDED = ("MaxWaitTimeExceeded", "Training job wait time exceeded MaxWaitTimeInSeconds provided")

_LONGEST_REASON = 1024
#: A job that is stopped keeps its machines until it has ended.
_ON_MACHINES = {"Downloading", "Training", "Uploading", "Stopping"}

Step = tuple[str, str]


class TrainingStatus:
    """Moves one job from state to state."""

    def __init__(self, records: JobRecords, name: str) -> None:
        self._records = records
        self.name = name

    @staticmethod
    def first() -> Record:
        """The members of a job that was just accepted."""
        return {
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": STARTING[0],
            "SecondaryStatusTransitions": [{"Status": STARTING[0], "StartTime": now(), "StatusMessage": STARTING[1]}],
        }

    def to(self, step: Step, **members: Any) -> None:
        """Enter a step, unless the job is being stopped: then it stays in Stopping until its end."""
        with self._records.lock:
            record = self._records.get(self.name)
            if record["TrainingJobStatus"] == "InProgress":
                self._enter(record, step, members)
            elif members:
                self._records.change(self.name, **members)

    def begin(self) -> None:
        """Enter Downloading, with the first of which the job's time on its machines begins."""
        started = self._records.get(self.name).get("TrainingStartTime")
        self.to(DOWNLOADING, TrainingStartTime=started or now())

    def stop(self) -> None:
        """Enter Stopping; a second time changes nothing.

        :raises AwsError: ``ValidationException`` when the job has ended or there is none.
        """
        with self._records.lock:
            record = self._records.check_stoppable(self.name)
            if record["TrainingJobStatus"] != "Stopping":
                self._enter(record, STOPPING, {"TrainingJobStatus": "Stopping"})

    def complete(self, **members: Any) -> None:
        """End well."""
        self._end(COMPLETED, "Completed", members)

    def stopped(self, step: Step, **members: Any) -> None:
        """End because somebody, or the clock, said so."""
        self._end(step, "Stopped", members)

    def fail(self, reason: str, **members: Any) -> None:
        """End badly; the reason is cut to what the API holds."""
        self._end(FAILED, "Failed", {"FailureReason": reason[:_LONGEST_REASON], **members})

    def _end(self, step: Step, status: str, members: dict[str, Any]) -> None:
        with self._records.lock:
            record = self._records.get(self.name)
            moment = now()
            seconds = seconds_on_machines(record["SecondaryStatusTransitions"], moment)
            # A job that never got an instance has nothing to bill. A spot job has no discount here.
            started = "TrainingStartTime" in record
            billed = {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds} if started else {}
            ended = {"TrainingJobStatus": status, "TrainingEndTime": moment, **billed, **members}
            self._enter(record, step, ended)

    def _enter(self, record: Record, step: Step, members: dict[str, Any]) -> None:
        moment = now()
        transitions = record["SecondaryStatusTransitions"]
        last = transitions[-1]
        if last["Status"] == step[0]:
            last["StatusMessage"] = step[1]
        else:
            last["EndTime"] = moment
            transitions.append({"Status": step[0], "StartTime": moment, "StatusMessage": step[1]})
        if members.get("TrainingJobStatus") in ("Completed", "Failed", "Stopped"):
            transitions[-1]["EndTime"] = moment
        self._records.change(self.name, SecondaryStatus=step[0], SecondaryStatusTransitions=transitions, **members)


def seconds_on_machines(transitions: list[dict[str, Any]], moment: datetime) -> int:
    """How long a job has had its machines, whole seconds and one at least: without its waits and interruptions.

    :param transitions: the job's SecondaryStatusTransitions; the last one may still go on.
    :param moment: now.
    """
    steps = [step for step in transitions if step["Status"] in _ON_MACHINES]
    spent: float = sum((step.get("EndTime", moment) - step["StartTime"]).total_seconds() for step in steps)
    return max(1, round(spent))
