"""The tuner by itself: when it gives up, and when it is out of time."""

import threading
from typing import Any

import pytest

from local_aws.errors import AwsError
from local_aws.services.sagemaker.tuner import Tuner

Record = dict[str, Any]


class Points:
    """A search that never ends and remembers what it was told."""

    def __init__(self) -> None:
        self.asked = 0
        self.told: list[float | None] = []

    def ask(self) -> tuple[int, dict[str, str]]:
        self.asked += 1
        return self.asked, {"x": str(self.asked)}

    def tell(self, number: int, value: float | None) -> None:
        self.told.append(value)


class Training:
    """Training jobs that end only when the test, or a stop, says so."""

    def __init__(self) -> None:
        self.records: Any = self
        self.jobs: dict[str, Record] = {}
        self.refuses_after = 10**6
        self.launched = threading.Semaphore(0)
        self.tuner: Tuner

    def launch(self, params: Record, **more: Any) -> None:
        if len(self.jobs) >= self.refuses_after:
            raise AwsError("ValidationException", "No S3 objects found")
        self.jobs[params["TrainingJobName"]] = {**params, **more, "TrainingJobStatus": "InProgress"}
        self.launched.release()

    def get(self, name: str) -> Record:
        return self.jobs[name]

    def end(self, name: str, status: str, value: float | None = None) -> None:
        metrics = [] if value is None else [{"MetricName": "HR", "Value": value}]
        self.jobs[name] |= {"TrainingJobStatus": status, "FinalMetricDataList": metrics}
        self.tuner.trial_ended(name)

    def stop_all(self, names: list[str]) -> None:
        for name in names:
            self.end(name, "Stopped")


class Trials:
    def add(self, tuning: str, training: str, tuned: dict[str, str]) -> None:
        """Nothing asks for them here."""


class Bench:
    """A tuner between fakes."""

    def __init__(self, early: str = "Off", criteria: Record | None = None, **limits: int) -> None:
        self.training, self.points = Training(), Points()
        self.ended = threading.Event()
        self.end: tuple[str, str | None] = ("", None)
        tuning = {
            "HyperParameterTuningJobName": "t",
            "HyperParameterTuningJobArn": "arn:t",
            "HyperParameterTuningJobConfig": {
                "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "HR"},
                "ResourceLimits": limits,
                "TrainingJobEarlyStoppingType": early,
                "TuningJobCompletionCriteria": criteria or {},
            },
            "TrainingJobDefinition": {"StaticHyperParameters": {"epochs": "7"}},
        }
        self.tuner = Tuner(tuning, self.points, self.training, Trials(), self.on_end)  # type: ignore[arg-type]  # fakes
        self.training.tuner = self.tuner
        self.tuner.start()

    def on_end(self, status: str, reason: str | None) -> None:
        self.end = (status, reason)
        self.ended.set()

    def next_trial(self) -> str:
        assert self.training.launched.acquire(timeout=10)
        running = [name for name, job in self.training.jobs.items() if job["TrainingJobStatus"] == "InProgress"]
        return running[-1]


def test_it_runs_as_many_trials_as_it_may_and_tells_the_search_of_each() -> None:
    bench = Bench(MaxNumberOfTrainingJobs=3, MaxParallelTrainingJobs=1)
    for value in (0.1, None, 0.3):
        bench.training.end(bench.next_trial(), "Completed", value)
    assert bench.ended.wait(10)
    assert bench.end == ("Completed", None)
    assert bench.points.told == [0.1, None, 0.3]
    sent = [job["HyperParameters"] for job in bench.training.jobs.values()]
    assert sent[0] == {"epochs": "7", "x": "1", "_tuning_objective_metric": "HR"}


def test_it_gives_up_after_five_trials_that_failed() -> None:
    bench = Bench(MaxNumberOfTrainingJobs=50, MaxParallelTrainingJobs=2)
    bench.next_trial()
    for _ in range(5):
        bench.training.end(bench.next_trial(), "Failed")
    assert bench.ended.wait(10)
    status, reason = bench.end
    assert status == "Failed"
    assert str(reason).startswith("No training job succeeded after 5 attempts.")
    assert bench.points.asked <= 7, "the others are not even begun"


def test_when_its_time_is_over_its_trials_are_stopped_and_it_has_failed_if_none_had_completed() -> None:
    bench = Bench(MaxNumberOfTrainingJobs=5, MaxParallelTrainingJobs=2, MaxRuntimeInSeconds=0)
    assert bench.ended.wait(10)
    assert bench.end[0] == "Failed"
    assert {job["TrainingJobStatus"] for job in bench.training.jobs.values()} == {"Stopped"}


def test_when_its_time_is_over_it_has_completed_with_what_it_found() -> None:
    bench = Bench(MaxNumberOfTrainingJobs=5, MaxParallelTrainingJobs=1, MaxRuntimeInSeconds=1)
    first = bench.next_trial()
    bench.training.end(first, "Completed", 0.5)
    assert bench.ended.wait(10)
    assert bench.end == ("Completed", None)
    assert sorted(job["TrainingJobStatus"] for job in bench.training.jobs.values()) == ["Completed", "Stopped"]


@pytest.mark.parametrize(
    ("criteria", "values"),
    [
        ({"TargetObjectiveMetricValue": 0.7}, [0.5, 0.6, 0.7]),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, [0.5, 0.9, 0.9, 0.8, 0.7]),
    ],
)
def test_it_completes_when_a_criterion_is_met(criteria: Record, values: list[float]) -> None:
    bench = Bench(MaxNumberOfTrainingJobs=50, MaxParallelTrainingJobs=1, criteria=criteria)
    for value in values:
        bench.training.end(bench.next_trial(), "Completed", value)
    assert bench.ended.wait(10)
    assert bench.end == ("Completed", None)
    assert len(bench.training.jobs) == len(values)


@pytest.mark.parametrize("already", [0, 1])
def test_a_trial_that_is_refused_fails_the_tuning_job_with_the_words_of_the_refusal(already: int) -> None:
    bench = Bench(MaxNumberOfTrainingJobs=5, MaxParallelTrainingJobs=1)
    name = bench.next_trial()
    bench.training.refuses_after = 1 + already
    for _ in range(already):
        bench.training.end(name, "Completed", 0.5)
        name = bench.next_trial()
    bench.training.end(name, "Completed", 0.5)
    assert bench.ended.wait(10)
    assert bench.end == ("Failed", "ClientError: ValidationException: No S3 objects found")


def test_a_trial_that_is_not_worth_going_on_with_is_stopped_and_another_one_begun() -> None:
    bench = Bench(MaxNumberOfTrainingJobs=5, MaxParallelTrainingJobs=1, early="Auto")
    for value in (0.5, 0.6, 0.7):
        name = bench.next_trial()
        bench.tuner.measured(name, "HR", value)
        bench.tuner.measured(name, "Loss", -9.0)
        bench.training.end(name, "Completed", value)
    hopeless = bench.next_trial()
    bench.tuner.measured("somebody-elses", "HR", 0.0)
    bench.tuner.measured(hopeless, "HR", 0.1)
    last = bench.next_trial()
    assert bench.training.jobs[hopeless]["TrainingJobStatus"] == "Stopped"
    bench.training.end(last, "Completed", 0.9)
    assert bench.ended.wait(10)
    assert bench.end == ("Completed", None)
