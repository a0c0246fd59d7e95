"""The last line that a step's job has written: from CloudWatch Logs where the job is SageMaker's, else from Airflow."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from yard.airflow_api import AirflowApi, Task
from yard.clients import Aws
from yard.errors import YardError

_GROUPS = (
    "/aws/sagemaker/TrainingJobs",
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/TransformJobs",
)


class JobLogs:
    """Finds the logs of a model's jobs by their names, which begin with the model's and the task's."""

    def __init__(self, aws: Aws, api: AirflowApi, model: str, run: str) -> None:
        self._logs = aws.client("logs")
        self._api = api
        self._model = model
        self._run = run

    def last_line(self, task: Task) -> str:
        """The newest line of the task's job, or of the task itself; empty when there is none or nobody answers.

        Progress is a courtesy: that it cannot be told must not end what goes on.
        """
        try:
            return self._job_line(task) or self._task_line(task)
        except (ClientError, BotoCoreError, YardError):
            return ""

    def _job_line(self, task: Task) -> str:
        verb = task.task_id.rpartition(".")[2]
        prefix = "-".join(filter(None, f"{self._model}-{verb}".replace("_", "-").split("-"))) + "-"
        since = task.started.timestamp() * 1000 if task.started else 0.0
        newest: tuple[float, str, str] | None = None
        for group in _GROUPS:
            for stream in self._streams(group, prefix):
                at = float(stream.get("lastEventTimestamp") or 0)
                if at >= since and (newest is None or at > newest[0]):
                    newest = at, group, stream["logStreamName"]
        if newest is None:
            return ""
        events = self._logs.get_log_events(
            logGroupName=newest[1], logStreamName=newest[2], limit=5, startFromHead=False
        )["events"]
        return next((event["message"].strip() for event in reversed(events) if event["message"].strip()), "")

    def _streams(self, group: str, prefix: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._logs.describe_log_streams(
                logGroupName=group, logStreamNamePrefix=prefix
            )["logStreams"]
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        return found

    def _task_line(self, task: Task) -> str:
        for event in reversed(self._api.log(self._model, self._run, task)):
            if not _is_airflows_own(str(event.get("logger") or "task")) and (text := str(event["event"]).strip()):
                return text.splitlines()[-1]
        return ""


def _is_airflows_own(logger: str) -> bool:
    """Whether a line is about Airflow itself, and not about the work."""
    return logger in {"task", "py.warnings"} or logger.startswith("airflow.")
