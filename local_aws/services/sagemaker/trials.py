"""A tuning job's training jobs as the tuning API tells of them: summaries, counters, the best one."""

from typing import Any

from local_aws.services.sagemaker.records import JobRecords
from local_aws.state import Record
from local_aws.world import World

#: Members of a training job that its summary repeats.
_REPEATED = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)
_COUNTER = {
    "Completed": "Completed",
    "Failed": "NonRetryableError",
    "Stopped": "Stopped",
    "InProgress": "InProgress",
    "Stopping": "InProgress",
}


class Trials:
    """All training jobs that tuning jobs have made."""

    def __init__(self, world: World, training: JobRecords) -> None:
        self._table = world.state.table("sagemaker.tuning_trials")
        self._training = training

    def add(self, tuning: str, training: str, tuned: dict[str, str]) -> None:
        """Remember whose trial a training job is; before it is launched, so that none is ever nobody's."""
        self._table.put(training, {"tuning": tuning, "tuned": tuned})

    def of(self, tuning: Record) -> list[Record]:
        """The summaries of a tuning job's trials, oldest first."""
        objective = tuning["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        mine = [
            (name, trial)
            for name, trial in self._table.items()
            if trial["tuning"] == tuning["HyperParameterTuningJobName"]
        ]
        known = {record["TrainingJobName"]: record for record in self._training.all()} if mine else {}
        return [_summary(known[name], trial["tuned"], objective) for name, trial in mine if name in known]


def _summary(job: Record, tuned: dict[str, str], objective: dict[str, str]) -> Record:
    value = objective_of(job, objective["MetricName"])
    summary: Record = {member: job[member] for member in _REPEATED if member in job}
    summary |= {"TunedHyperParameters": tuned, "ObjectiveStatus": _objective_status(job, value)}
    if value is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": value}
    return summary


def objective_of(job: Record, metric: str) -> float | None:
    """The last value of a metric that a training job printed."""
    values = [item["Value"] for item in job.get("FinalMetricDataList", []) if item["MetricName"] == metric]
    return values[0] if values else None


def _objective_status(job: Record, value: float | None) -> str:
    if job["TrainingJobStatus"] in ("InProgress", "Stopping"):
        return "Pending"
    # One that was stopped, early or not, is judged by what it achieved until then.
    ended_well = job["TrainingJobStatus"] in ("Completed", "Stopped")
    return "Succeeded" if ended_well and value is not None else "Failed"


def value_of(summary: Record) -> float:
    """The objective's value of a trial that has one."""
    return float(summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def picture(summaries: list[Record], kind: str) -> dict[str, Any]:
    """The counters and the best trial of a description.

    :param kind: ``Maximize`` or ``Minimize``.
    """
    jobs = dict.fromkeys(("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0)
    objectives = dict.fromkeys(("Succeeded", "Pending", "Failed"), 0)
    for summary in summaries:
        jobs[_COUNTER[summary["TrainingJobStatus"]]] += 1
        objectives[summary["ObjectiveStatus"]] += 1
    best = best_of(summaries, kind)
    return {
        "TrainingJobStatusCounters": jobs,
        "ObjectiveStatusCounters": objectives,
        **({"BestTrainingJob": best} if best else {}),
    }


def best_of(summaries: list[Record], kind: str) -> Record | None:
    """The trial with the best objective, of those that completed.

    :param kind: ``Maximize`` or ``Minimize``.
    """
    completed = [
        summary
        for summary in summaries
        if summary["TrainingJobStatus"] == "Completed" and summary["ObjectiveStatus"] == "Succeeded"
    ]
    return (max if kind == "Maximize" else min)(completed, key=value_of, default=None)
