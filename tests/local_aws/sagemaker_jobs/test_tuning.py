"""Hyperparameter tuning jobs: real trials, the best one, limits, failures, stopping."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_jobs.support import ENDED, Jobs, Record, eventually

#: A model whose score is best at rate = 3 with the category b.
SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--n", type=int, default=0)
parser.add_argument("--kind", default="b")
parser.add_argument("--epochs", type=int)
given = parser.parse_args()
assert given.epochs == 7
for step in (1, 2):
    print(f"HR={-(given.rate - 3) ** 2 - (given.kind != 'b') - 1 / step};")
open("/opt/ml/model/rate", "w").write(str(given.rate))
"""


def tuning_request(jobs: Jobs, name: str, script: str = SCRIPT, **config: Any) -> Record:
    training = jobs.script_request("unused", {"train.py": script}, "train.py", HyperParameters={"epochs": "7"})
    training["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "HR", "Regex": "HR=(.*?);"}]
    definition = {
        "StaticHyperParameters": training["HyperParameters"],
        **{
            member: training[member]
            for member in (
                "AlgorithmSpecification",
                "RoleArn",
                "OutputDataConfig",
                "ResourceConfig",
                "StoppingCondition",
            )
        },
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "HR"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "5"}]},
            **config,
        },
        "TrainingJobDefinition": definition,
    }


def describe(jobs: Jobs, name: str) -> Record:
    return jobs.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def ended(jobs: Jobs, name: str) -> Record:
    def at_its_end() -> Record | None:
        job = describe(jobs, name)
        return job if job["HyperParameterTuningJobStatus"] in ENDED else None

    return eventually(at_its_end)


def tune(jobs: Jobs, script: str = SCRIPT, **config: Any) -> Record:
    name = jobs.name("tune")
    jobs.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(jobs, name, script, **config))
    return ended(jobs, name)


def trials(jobs: Jobs, job: Record, **options: Any) -> list[Record]:
    listed = jobs.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=job["HyperParameterTuningJobName"], **options
    )
    return listed["TrainingJobSummaries"]


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_the_best_trial_is_the_one_with_the_best_last_value(jobs: Jobs, strategy: str) -> None:
    job = tune(jobs, Strategy=strategy)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 3,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    best, distances = job["BestTrainingJob"], {}
    for trial in trials(jobs, job):
        rate = float(trial["TunedHyperParameters"]["rate"])
        value = trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        assert value == pytest.approx(-((rate - 3) ** 2) - 0.5, rel=1e-5)
        distances[trial["TrainingJobName"]] = abs(rate - 3)
    assert best["TrainingJobName"] == min(distances, key=distances.__getitem__)
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] == "HR"
    trained = jobs.describe_training(best["TrainingJobName"])
    assert trained["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert trained["HyperParameters"]["_tuning_objective_metric"] == "HR"
    model = jobs.tar(f"output/{best['TrainingJobName']}/output/model.tar.gz")
    assert model == {"rate": best["TunedHyperParameters"]["rate"]}


def test_trials_are_named_after_the_tuning_job_and_listed_by_objective(jobs: Jobs) -> None:
    job = tune(jobs)
    name = job["HyperParameterTuningJobName"]
    listed = trials(jobs, job)
    assert [trial["TrainingJobName"][: len(name) + 5] for trial in listed] == [f"{name}-00{n}-" for n in (1, 2, 3)]
    sorted_values = [
        trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for trial in trials(jobs, job, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    ]
    assert sorted_values == sorted(sorted_values, reverse=True)


def test_minimize_takes_the_least(jobs: Jobs) -> None:
    job = tune(jobs, HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "HR"})
    values = [trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for trial in trials(jobs, job)]
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == min(values)


def test_a_grid_tries_every_combination(jobs: Jobs) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}, {"Name": "rate", "Values": ["3"]}]}
    job = tune(jobs, Strategy="Grid", ParameterRanges=ranges, ResourceLimits={"MaxParallelTrainingJobs": 2})
    assert sorted(trial["TunedHyperParameters"]["kind"] for trial in trials(jobs, job)) == ["a", "b"]
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "b", "rate": "3"}


def test_the_same_seed_tries_the_same_points(jobs: Jobs) -> None:
    limits = {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1}
    first, second = (tune(jobs, RandomSeed=7, ResourceLimits=limits) for _ in range(2))
    points = [[trial["TunedHyperParameters"] for trial in trials(jobs, job)] for job in (first, second)]
    assert points[0] == points[1]


def test_failing_trials_are_counted_and_the_others_go_on(jobs: Jobs) -> None:
    script = SCRIPT + "\nimport sys; sys.exit(1 if given.kind == 'a' else 0)\n"
    ranges = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}, {"Name": "rate", "Values": ["3"]}]}
    job = tune(jobs, script, Strategy="Grid", ParameterRanges=ranges, ResourceLimits={"MaxParallelTrainingJobs": 2})
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert job["BestTrainingJob"]["TunedHyperParameters"]["kind"] == "b"


@pytest.mark.parametrize("script", ["raise SystemExit(1)", "print('no metric')"])
def test_when_no_trial_succeeds_the_tuning_job_fails(jobs: Jobs, script: str) -> None:
    job = tune(jobs, script)
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after 3 attempts.")
    assert job["ObjectiveStatusCounters"]["Failed"] == 3
    assert "BestTrainingJob" not in job


def test_stopping_a_tuning_job_stops_its_trials(jobs: Jobs) -> None:
    name = jobs.name("tune")
    script = "import time; print('ready', flush=True); time.sleep(300)"
    jobs.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(jobs, name, script))
    (first, *_) = eventually(lambda: trials(jobs, {"HyperParameterTuningJobName": name}))
    jobs.running_training(first["TrainingJobName"])
    jobs.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = ended(jobs, name)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0
    assert job["TrainingJobStatusCounters"]["Stopped"] == len(trials(jobs, job)) <= 2
    with pytest.raises(ClientError, match="status Stopped"):
        jobs.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def test_a_name_is_taken_for_ever(jobs: Jobs) -> None:
    name = tune(jobs)["HyperParameterTuningJobName"]
    with pytest.raises(jobs.sagemaker.exceptions.ResourceInUse, match=f"with the name, {name}, already exists"):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(jobs, name))
    with pytest.raises(ClientError, match="Requested resource not found"):
        describe(jobs, "nobody")
    listed = jobs.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)["HyperParameterTuningJobSummaries"]
    assert [item["HyperParameterTuningJobStatus"] for item in listed] == ["Completed"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"Strategy": "Hyperband"}, "Hyperband"),
        ({"TrainingJobEarlyStoppingType": "Auto"}, "EarlyStopping"),
        ({"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1.0}}, "TuningJobCompletionCriteria"),
        ({"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "x"}}, "A metric is required"),
        ({"ParameterRanges": {}}, "At least one parameter range"),
        ({"Strategy": "Grid"}, "Only categorical"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "MaxNumberOfTrainingJobs is required"),
        (
            {"ParameterRanges": {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "5", "MaxValue": "1"}]}},
            "greater than its MaxValue",
        ),
        (
            {"ParameterRanges": {"ContinuousParameterRanges": [{"Name": "epochs", "MinValue": "1", "MaxValue": "2"}]}},
            "either static or in a range",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_by_name(jobs: Jobs, config: Record, words: str) -> None:
    with pytest.raises(ClientError, match=words):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(jobs, jobs.name("tune"), **config))


def test_what_every_trial_would_be_refused_for_is_refused_at_once(jobs: Jobs) -> None:
    request = tuning_request(jobs, jobs.name("tune"))
    request["TrainingJobDefinition"]["RoleArn"] = "arn:aws:iam::123456789012:role/nobody"
    with pytest.raises(ClientError, match="Could not assume role"):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**request)
    request = {**tuning_request(jobs, jobs.name("tune")), "WarmStartConfig": {"ParentHyperParameterTuningJobs": []}}
    with pytest.raises(ClientError, match=r"WarmStart|parentHyperParameterTuningJobs"):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**request)
