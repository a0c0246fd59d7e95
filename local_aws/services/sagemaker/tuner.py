"""One tuning job at work: asks the search for points, keeps trials running, tells the search how they went."""

import hashlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.errors import AwsError
from local_aws.services.sagemaker.completion import Criteria
from local_aws.services.sagemaker.early_stopping import MedianRule
from local_aws.services.sagemaker.training import TrainingJobs
from local_aws.services.sagemaker.trials import Trials, objective_of
from local_aws.state import Record

if TYPE_CHECKING:
    # Loading the search takes a second; local_aws does that when the first tuning job comes.
    from local_aws.services.sagemaker.search import Point, Search

log = logging.getLogger("local_aws")

#: A tuning job whose first trials all fail is not worth going on with; AWS draws the line here, too.
_ATTEMPTS = 5
_COPIED = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "RetryStrategy",
    "Environment",
)

#: ``(status, reason or None)`` of the tuning job.
End = tuple[str, str | None]


def trial_request(tuning: Record, name: str, point: "Point") -> dict[str, Any]:
    """The training job that a point stands for."""
    definition = tuning["TrainingJobDefinition"]
    metric = tuning["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
    hyperparameters = {
        **definition.get("StaticHyperParameters", {}),
        **point,
        "_tuning_objective_metric": metric,
    }
    copied = {member: definition[member] for member in _COPIED if member in definition}
    return {**copied, "TrainingJobName": name, "HyperParameters": hyperparameters}


@dataclass(frozen=True)
class _Measured:
    """A training job told its objective."""

    name: str
    value: float


class Tuner:
    """The thread of one tuning job.

    :param on_end: told how it ended; not called when it is abandoned.
    """

    def __init__(
        self,
        tuning: Record,
        search: "Search",
        training: TrainingJobs,
        trials: Trials,
        on_end: Callable[[str, str | None], None],
    ) -> None:
        self._tuning = tuning
        self._name: str = tuning["HyperParameterTuningJobName"]
        config = tuning["HyperParameterTuningJobConfig"]
        self._metric: str = config["HyperParameterTuningJobObjective"]["MetricName"]
        limits = config["ResourceLimits"]
        self._most: int | None = limits.get("MaxNumberOfTrainingJobs")
        self._parallel: int = limits["MaxParallelTrainingJobs"]
        self._deadline = time.monotonic() + limits.get("MaxRuntimeInSeconds", float("inf"))
        self._search = search
        self._training = training
        self._trials = trials
        self._on_end = on_end
        kind = config["HyperParameterTuningJobObjective"]["Type"]
        stops_early = config.get("TrainingJobEarlyStoppingType", "Off") == "Auto"
        self._rule = MedianRule(kind) if stops_early else None
        self._criteria = Criteria(config)
        #: Names of trials that ended, or what they measured; None means: look at the flags.
        self._news: queue.SimpleQueue[str | _Measured | None] = queue.SimpleQueue()
        self._running: dict[str, int] = {}
        self._launched = self._ended = self._succeeded = 0
        self._end: End | None = None
        self._is_enough = False
        self._stop_requested = self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=f"tuner-{self._name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the trials and end; returns at once."""
        self._stop_requested = True
        self._news.put(None)

    def abandon(self) -> None:
        """local_aws ends: let the thread go."""
        self._abandoned = True
        self._news.put(None)
        self._thread.join(timeout=10)

    def trial_ended(self, name: str) -> None:
        """A training job ended, maybe one of this tuner's."""
        self._news.put(name)

    def measured(self, name: str, metric: str, value: float) -> None:
        """A training job printed a metric, maybe one of this tuner's its objective."""
        if self._rule and metric == self._metric:
            self._news.put(_Measured(name, value))

    def _run(self) -> None:
        try:
            while not self._abandoned:
                self._launch_trials()
                if not self._running:
                    self._on_end(*self._verdict())
                    return
                self._wait()
        except Exception as error:
            log.exception("tuning job %s", self._name)
            self._training.stop_all(list(self._running))
            self._on_end("Failed", f"InternalServerError: local_aws failed: {error!r}")

    def _launch_trials(self) -> None:
        while not self._begins_no_more and len(self._running) < self._parallel:
            asked = self._search.ask()
            if asked is None:
                return
            number, point = asked
            self._launched += 1
            name = f"{self._name}-{self._launched:03d}-{_short_hash(self._name, self._launched, point)}"
            self._trials.add(self._name, name, point)
            try:
                self._running[name] = number
                arn = self._tuning["HyperParameterTuningJobArn"]
                self._training.launch(trial_request(self._tuning, name, point), TuningJobArn=arn)
            except AwsError as error:
                del self._running[name]
                self._finish(("Failed", f"ClientError: {error}"))

    @property
    def _begins_no_more(self) -> bool:
        return self._end is not None or self._stop_requested or self._is_enough or self._launched == self._most

    def _wait(self) -> None:
        """Until a trial of ours ended, or we are to end."""
        left = self._deadline - time.monotonic()
        try:
            # threading cannot wait for ever by a number.
            news = self._news.get(timeout=None if left > threading.TIMEOUT_MAX else max(left, 0))
        except queue.Empty:
            self._deadline = float("inf")
            self._complete()
            return
        if self._stop_requested:
            self._finish(("Stopped", None))
        if isinstance(news, _Measured):
            self._judge(news)
        elif news in self._running:
            self._take_in(news)

    def _judge(self, news: _Measured) -> None:
        """Stop a trial that is not worth going on with; it is taken in when it has ended."""
        if self._rule and news.name in self._running and self._rule.gives_up(news.name, news.value):
            self._training.stop_all([news.name])

    def _take_in(self, name: str) -> None:
        job = self._training.records.get(name)
        ended_well = job["TrainingJobStatus"] in ("Completed", "Stopped")
        value = objective_of(job, self._metric) if ended_well else None
        if self._rule and ended_well:
            self._rule.ended(name)
        self._search.tell(self._running.pop(name), value)
        self._ended += 1
        if value is not None and job["TrainingJobStatus"] == "Completed":
            self._succeeded += 1
            if self._criteria.met_by(value):
                self._complete()
        if not self._succeeded and self._ended >= _ATTEMPTS:
            self._finish(self._none_succeeded())

    def _verdict(self) -> End:
        if self._end is not None:
            return self._end
        if self._stop_requested:
            return "Stopped", None
        return ("Completed", None) if self._succeeded else self._none_succeeded()

    def _none_succeeded(self) -> End:
        return (
            "Failed",
            f"No training job succeeded after {self._ended} attempts. Please take a look at the training job failures "
            "to get more details.",
        )

    def _complete(self) -> None:
        """A completion criterion is met, be it the time: only a job that somebody stops is Stopped on SageMaker."""
        self._is_enough = True
        self._training.stop_all(list(self._running))

    def _finish(self, end: End) -> None:
        """Launch no more; the trials that run are stopped, and their end is waited for."""
        if self._end is None:
            self._end = end
            self._training.stop_all(list(self._running))


def _short_hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]
