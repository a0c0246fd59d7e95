"""choose_hyperparameters: search them, when the form says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import call
from trainyard.catalog import TUNING
from trainyard.errors import ManifestError
from trainyard.operators.job import JobOperator
from trainyard.requests.training import tuning_job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.run import Run
    from trainyard.spec import ModelSpec


def choose_hyperparameters(spec: ModelSpec, examples: XComArg) -> XComArg:
    """Search hyperparameters; skipped unless the form's *tune* is ticked.

    Returns ``hyperparameters`` (the best trial's), ``objective``, ``metric``, ``best_job``, ``trials`` (how many ended
    in which state), ``trial_list`` (in the order of their creation, of each ``job``, ``status``, ``objective``,
    ``hyperparameters``, ``started``), ``goal`` (Maximize or Minimize), ``job``.
    """
    return JobOperator(
        task_id="choose_hyperparameters",
        kind=TUNING,
        spec=spec,
        inputs={"examples": examples},
        request=_request,
        result=_result,
        skip=_skip,
        time_limit=spec.training.time_limit * spec.search.trials,
        pool=spec.training.compute.pool,
        pool_slots=spec.search.parallel,
    ).output


def _skip(run: Run, _inputs: dict[str, Any]) -> str:
    return "" if run.tune else "The form does not ask for a search: the model's own hyperparameters are taken."


def _request(job: Job, _runtime: Runtime) -> Request:
    hyperparameters = dict(job.spec.training.hyperparameters) | dict(job.run.hyperparameters)
    return tuning_job(job, job.inputs["examples"], hyperparameters)


def _result(ended: Ended) -> dict[str, Any]:
    best = ended.description.get("BestTrainingJob")
    if not best:
        raise ManifestError("no trial reported the objective metric")
    found = best["FinalHyperParameterTuningJobObjectiveMetric"]
    return {
        "hyperparameters": {name: _decoded(value) for name, value in best["TunedHyperParameters"].items()},
        "objective": float(found["Value"]),
        "metric": found["MetricName"],
        "best_job": best["TrainingJobName"],
        "trials": dict(ended.description.get("TrainingJobStatusCounters", {})),
        "trial_list": _trials(ended),
        "goal": ended.job.spec.search.goal,
        "job": ended.job.name,
    }


def _trials(ended: Ended) -> list[dict[str, Any]]:
    """Return what each trial tried, and what came of it."""
    client, name = ended.runtime.aws.client("sagemaker"), ended.job.name
    params: dict[str, Any] = {"HyperParameterTuningJobName": name, "MaxResults": 100}
    params |= {"SortBy": "CreationTime", "SortOrder": "Ascending"}
    found: list[dict[str, Any]] = []
    while True:
        reply = call(client, "list_training_jobs_for_hyper_parameter_tuning_job", name, **params)
        found += [_trial(summary) for summary in reply["TrainingJobSummaries"]]
        if not reply.get("NextToken"):
            return found
        params["NextToken"] = reply["NextToken"]


def _trial(summary: Mapping[str, Any]) -> dict[str, Any]:
    measured = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    return {
        "job": summary["TrainingJobName"],
        "status": summary["TrainingJobStatus"],
        "objective": float(measured["Value"]) if measured else None,
        "hyperparameters": {key: _decoded(value) for key, value in summary["TunedHyperParameters"].items()},
        "started": summary["CreationTime"].isoformat(),
    }


def _decoded(value: str) -> Any:
    """Return what a hyperparameter's text means; SageMaker gives every value as text."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
