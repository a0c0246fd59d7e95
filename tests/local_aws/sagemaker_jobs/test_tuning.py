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
        (
            {"TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}},
            "TuningJobCompletionCriteria.ConvergenceDetected",
        ),
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


#: With the rate 0 it never gets to a second value.
HOPELESS = SCRIPT.replace(
    '1 / step};")', '1 / step};", flush=True)\n    while given.rate == 0:\n        __import__("time").sleep(0.1)'
)


def test_a_hopeless_trial_is_stopped_early_and_counted_so(jobs: Jobs) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "rate", "Values": ["3", "2.9", "3.1", "0", "2"]}]}
    job = tune(
        jobs,
        HOPELESS,
        Strategy="Grid",
        TrainingJobEarlyStoppingType="Auto",
        ParameterRanges=ranges,
        ResourceLimits={"MaxParallelTrainingJobs": 1},
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Stopped"] >= 1
    by_rate = {trial["TunedHyperParameters"]["rate"]: trial for trial in trials(jobs, job)}
    assert by_rate["0"]["TrainingJobStatus"] == "Stopped"
    assert by_rate["0"]["ObjectiveStatus"] == "Succeeded"
    assert by_rate["0"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == pytest.approx(-10)
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"rate": "3"}


def test_a_target_that_is_reached_completes_the_tuning_job(jobs: Jobs) -> None:
    job = tune(
        jobs,
        TuningJobCompletionCriteria={"TargetObjectiveMetricValue": -100.0},
        ResourceLimits={"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1},
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert sum(job["TrainingJobStatusCounters"].values()) == 1


def warm(jobs: Jobs, parent: Record, kind: str = "IdenticalDataAndAlgorithm", **config: Any) -> Record:
    """A request that starts from a parent, of which it repeats all but what ``config`` says."""
    named = [{"HyperParameterTuningJobName": parent["HyperParameterTuningJobName"]}]
    return {
        "HyperParameterTuningJobName": jobs.name("warm"),
        "HyperParameterTuningJobConfig": {**parent["HyperParameterTuningJobConfig"], **config},
        "TrainingJobDefinition": parent["TrainingJobDefinition"],
        "WarmStartConfig": {"ParentHyperParameterTuningJobs": named, "WarmStartType": kind},
    }


@pytest.fixture(scope="module")
def parent(jobs: Jobs) -> Record:
    return tune(jobs, Strategy="Bayesian", RandomSeed=1)


def test_a_warm_start_knows_the_best_of_all_and_only_its_own_trials(jobs: Jobs, parent: Record) -> None:
    near = {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "2.999", "MaxValue": "3.001"}]}
    far = {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "4.9", "MaxValue": "5"}]}
    limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    for ranges, best_is_own in ((near, True), (far, False)):
        request = warm(jobs, parent, ParameterRanges=ranges, ResourceLimits=limits)
        jobs.sagemaker.create_hyper_parameter_tuning_job(**request)
        job = ended(jobs, request["HyperParameterTuningJobName"])
        assert job["HyperParameterTuningJobStatus"] == "Completed"
        assert job["WarmStartConfig"] == request["WarmStartConfig"]
        assert sum(job["TrainingJobStatusCounters"].values()) == len(trials(jobs, job)) == 1
        best = job["OverallBestTrainingJob"]
        owner = job if best_is_own else parent
        assert best["TuningJobName"] == owner["HyperParameterTuningJobName"]
        assert best["TrainingJobName"] == owner["BestTrainingJob"]["TrainingJobName"]


def test_a_transfer_may_change_the_data_and_has_no_overall_best(jobs: Jobs, parent: Record) -> None:
    request = warm(
        jobs, parent, "TransferLearning", ResourceLimits={"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    )
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.put("more/a", "a")}}
    channel = {"ChannelName": "train", "DataSource": source}
    request["TrainingJobDefinition"] = {**request["TrainingJobDefinition"], "InputDataConfig": [channel]}
    jobs.sagemaker.create_hyper_parameter_tuning_job(**request)
    job = ended(jobs, request["HyperParameterTuningJobName"])
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert "OverallBestTrainingJob" not in job
    same = {**request, "HyperParameterTuningJobName": jobs.name("warm")}
    same["WarmStartConfig"] = {**same["WarmStartConfig"], "WarmStartType": "IdenticalDataAndAlgorithm"}
    with pytest.raises(ClientError, match=r"Only the following fields in TrainingJobDefinition are allowed to change"):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**same)


@pytest.mark.parametrize(
    ("config", "static", "words"),
    [
        ({"Strategy": "Grid"}, {}, "Warm start is not supported for the strategy Grid"),
        ({}, {"more": "1"}, "The set of tunable plus static HyperParameter names is not the same"),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "rate", "MinValue": "1", "MaxValue": "2"}]}},
            {},
            "The type of a hyperparameter must not change when warm starting: rate",
        ),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "HR"}},
            {},
            "The objective metric must be the same",
        ),
    ],
)
def test_what_a_warm_start_may_not_change_is_refused(
    jobs: Jobs, parent: Record, config: Record, static: dict[str, str], words: str
) -> None:
    request = warm(jobs, parent, **config)
    definition = request["TrainingJobDefinition"]
    hyperparameters = {**definition["StaticHyperParameters"], **static}
    request["TrainingJobDefinition"] = {**definition, "StaticHyperParameters": hyperparameters}
    with pytest.raises(ClientError, match=words):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**request)


def test_parents_must_be_there_and_have_ended_and_be_five_at_most(jobs: Jobs, parent: Record) -> None:
    request = warm(jobs, parent)
    named = request["WarmStartConfig"]["ParentHyperParameterTuningJobs"]
    for parents, words in (([], "greater than or equal to 1"), (named * 6, "less than or equal to 5")):
        request["WarmStartConfig"]["ParentHyperParameterTuningJobs"] = parents
        with pytest.raises(ClientError, match=words):
            jobs.sagemaker.create_hyper_parameter_tuning_job(**request)
    with pytest.raises(ClientError, match="Requested resource not found"):
        jobs.sagemaker.create_hyper_parameter_tuning_job(
            **warm(jobs, {**parent, "HyperParameterTuningJobName": "none"})
        )
    name = jobs.name("tune")
    jobs.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(jobs, name, "import time; time.sleep(600)"))
    with pytest.raises(ClientError, match="must be in a terminal state and is InProgress"):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**warm(jobs, {**parent, "HyperParameterTuningJobName": name}))
    jobs.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    ended(jobs, name)


def test_the_list_of_trials_filters_sorts_and_pages(jobs: Jobs) -> None:
    script = SCRIPT.replace("for step", "if given.kind == 'a': raise SystemExit(1)\nfor step")
    values = [{"Name": "kind", "Values": ["a", "b"]}, {"Name": "rate", "Values": ["3", "1"]}]
    job = tune(
        jobs,
        script,
        Strategy="Grid",
        ParameterRanges={"CategoricalParameterRanges": values},
        ResourceLimits={"MaxParallelTrainingJobs": 2},
    )
    name = job["HyperParameterTuningJobName"]
    pages = jobs.sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [3, 1]
    assert len(trials(jobs, job, StatusEquals="Failed")) == 2
    best_first = trials(jobs, job, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert [trial["TunedHyperParameters"]["rate"] for trial in best_first] == ["3", "1"], (
        "those without one are left out"
    )
    assert {trial["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] for trial in best_first} == {"HR"}
