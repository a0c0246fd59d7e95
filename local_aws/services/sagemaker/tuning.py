"""Hyperparameter tuning jobs: the API. What a job does is in ``tuner.py``."""

import threading
from typing import Any

from local_aws.service import Call
from local_aws.services.sagemaker import checks, warm_start
from local_aws.services.sagemaker.builtin_metrics import definitions
from local_aws.services.sagemaker.hosting_lists import select
from local_aws.services.sagemaker.records import LOST, JobRecords, Kind, now
from local_aws.services.sagemaker.tags import Tags
from local_aws.services.sagemaker.training import TrainingJobs
from local_aws.services.sagemaker.trials import Trials, best_of, picture, value_of
from local_aws.services.sagemaker.tuner import Tuner, trial_request
from local_aws.state import Record
from local_aws.world import World

TUNING_JOB = Kind(
    noun="hyperparameter tuning job",
    stem="HyperParameterTuningJob",
    resource="hyper-parameter-tuning-job",
    exists="A hyperparameter tuning job with the name, {name}, already exists. Choose a different name.",
    unknown="Requested resource not found.",
)
_UNSERVED = {
    "TrainingJobDefinitions": "give one TrainingJobDefinition",
    "Autotune": "give the ranges",
    "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.ConvergenceDetected": "give another criterion",
    "HyperParameterTuningJobConfig.StrategyConfig": "there is no Hyperband here",
    "TrainingJobDefinition.HyperParameterTuningResourceConfig": "give ResourceConfig",
    "TrainingJobDefinition.CheckpointConfig": "trials would restore one another's checkpoints",
    "TrainingJobDefinition.TuningObjective": "give HyperParameterTuningJobObjective",
    "TrainingJobDefinition.HyperParameterRanges": "give ParameterRanges",
}
_SUMMARY = ("TrainingJobStatusCounters", "ObjectiveStatusCounters")


class TuningJobs:
    """Answers the operations on tuning jobs and runs them."""

    def __init__(self, world: World, training: TrainingJobs, tags: Tags) -> None:
        self._training = training
        self._tags = tags
        self._records = JobRecords(world, TUNING_JOB, "sagemaker.tuning_jobs")
        self._trials = Trials(world, training.records)
        self._tuners: dict[str, Tuner] = {}
        self._lock = threading.Lock()
        training.on_end(self._trial_ended)
        training.on_metric(self._measured)

    def create_hyper_parameter_tuning_job(self, call: Call) -> dict[str, Any]:
        """Check, record and launch a job."""
        # Loading it takes a second, which not every local_aws needs to spend at its start.
        from local_aws.services.sagemaker.search import search_for

        params = call.params
        _check(params)
        parents = warm_start.parents_of(self._records, params)
        warm_start.check(params, parents)
        search = search_for(params["HyperParameterTuningJobConfig"], warm_start.known(self._trials, parents))
        # Every trial differs in its hyperparameters only: what one is refused for, all would be.
        self._training.check(trial_request(params, "any", {}))
        request = {member: value for member, value in params.items() if member != "Tags"}
        record = self._records.create({**request, "HyperParameterTuningJobStatus": "InProgress"})
        name, arn = record["HyperParameterTuningJobName"], record["HyperParameterTuningJobArn"]
        self._tags.put(arn, params.get("Tags"))

        def ended(status: str, reason: str | None) -> None:
            told = {"FailureReason": reason} if reason else {}
            self._records.change(name, HyperParameterTuningJobStatus=status, HyperParameterTuningEndTime=now(), **told)
            with self._lock:
                self._tuners.pop(name, None)

        tuner = Tuner(record, search, self._training, self._trials, ended)
        with self._lock:
            self._tuners[name] = tuner
        tuner.start()
        return {"HyperParameterTuningJobArn": arn}

    def describe_hyper_parameter_tuning_job(self, call: Call) -> dict[str, Any]:
        """Everything about a job; counters and best trial are read from its training jobs."""
        return self._described(self._records.get(call.params["HyperParameterTuningJobName"]))

    def list_hyper_parameter_tuning_jobs(self, call: Call) -> dict[str, Any]:
        """Jobs, newest first."""
        kind = self._records.kind
        found, more = select(self._records.all(), call.params, name=kind.name, status=kind.status)
        summaries = []
        for record in found:
            config = record["HyperParameterTuningJobConfig"]
            described = self._described(record)
            summaries.append(
                {
                    **{member: value for member, value in record.items() if member.startswith(kind.stem)},
                    **{member: described[member] for member in (*_SUMMARY, "CreationTime", "LastModifiedTime")},
                    "Strategy": config["Strategy"],
                    "ResourceLimits": config["ResourceLimits"],
                }
            )
        return {"HyperParameterTuningJobSummaries": summaries, **more}

    def list_training_jobs_for_hyper_parameter_tuning_job(self, call: Call) -> dict[str, Any]:
        """The trials, by name; by objective those that have one."""
        summaries = self._trials.of(self._records.get(call.params["HyperParameterTuningJobName"]))
        if call.params.get("SortBy") == "FinalObjectiveMetricValue":
            descending = call.params.get("SortOrder") == "Descending"
            measured = [item for item in summaries if "FinalHyperParameterTuningJobObjectiveMetric" in item]
            summaries = sorted(measured, key=value_of, reverse=descending)
            # In order already, either way.
            params = {**call.params, "SortOrder": "Ascending"}
        else:
            params = call.params
        found, more = select(summaries, params, name="TrainingJobName", order="Ascending", status="TrainingJobStatus")
        return {"TrainingJobSummaries": found, **more}

    def stop_hyper_parameter_tuning_job(self, call: Call) -> None:
        """Ask a job and its trials to end; a second time changes nothing."""
        name = call.params["HyperParameterTuningJobName"]
        with self._records.lock:
            self._records.check_stoppable(name)
            self._records.change(name, HyperParameterTuningJobStatus="Stopping")
        with self._lock:
            tuner = self._tuners.get(name)
        if tuner:
            tuner.stop()

    def start(self) -> None:
        """Settle the jobs that ran when local_aws ended."""
        for record in self._records.unfinished():
            self._records.change(
                record["HyperParameterTuningJobName"],
                HyperParameterTuningJobStatus="Failed",
                HyperParameterTuningEndTime=now(),
                FailureReason=LOST,
            )

    def stop(self) -> None:
        """Let go of the running jobs."""
        with self._lock:
            tuners = list(self._tuners.values())
        for tuner in tuners:
            tuner.abandon()

    def _trial_ended(self, name: str) -> None:
        with self._lock:
            tuners = list(self._tuners.values())
        for tuner in tuners:
            tuner.trial_ended(name)

    def _measured(self, name: str, metric: str, value: float) -> None:
        with self._lock:
            tuners = list(self._tuners.values())
        for tuner in tuners:
            tuner.measured(name, metric, value)

    def _described(self, record: Record) -> Record:
        summaries = self._trials.of(record)
        kind = record["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"]
        described = {**record, **picture(summaries, kind)}
        if record.get("WarmStartConfig", {}).get("WarmStartType") == warm_start.IDENTICAL:
            bests = [
                {**best, "TuningJobName": job["HyperParameterTuningJobName"]}
                for job in (record, *warm_start.parents_of(self._records, record))
                if (best := best_of(self._trials.of(job), kind))
            ]
            if best := best_of(bests, kind):
                described["OverallBestTrainingJob"] = best
        return described


def _check(params: dict[str, Any]) -> None:
    checks.refuse(params, _UNSERVED)
    config = params["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinition" not in params:
        raise checks.invalid("TrainingJobDefinition is required for a hyperparameter tuning job.")
    definition = params["TrainingJobDefinition"]
    objective = config.get("HyperParameterTuningJobObjective")
    if objective is None:
        raise checks.invalid("HyperParameterTuningJobObjective is required for a hyperparameter tuning job.")
    defined = [item["Name"] for item in definitions(definition["AlgorithmSpecification"])]
    if objective["MetricName"] not in defined:
        raise checks.invalid(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            "definitions."
        )
    if config["Strategy"] != "Grid" and "MaxNumberOfTrainingJobs" not in config["ResourceLimits"]:
        raise checks.invalid("MaxNumberOfTrainingJobs is required for this strategy.")
    ranges = config.get("ParameterRanges", {})
    tuned = {item["Name"] for kind in ranges.values() for item in kind}
    both = sorted(tuned & set(definition.get("StaticHyperParameters", {})))
    if both:
        raise checks.invalid(f"Hyperparameters must be either static or in a range, not both: {', '.join(both)}.")
