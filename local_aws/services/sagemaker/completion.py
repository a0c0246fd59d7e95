"""TuningJobCompletionCriteria: when a tuning job has found what it was looking for, or will not."""

from typing import Any


class Criteria:
    """Told of each trial that completed.

    :param config: the HyperParameterTuningJobConfig.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        criteria = config.get("TuningJobCompletionCriteria", {})
        self._sign = 1 if config["HyperParameterTuningJobObjective"]["Type"] == "Maximize" else -1
        self._target: float | None = criteria.get("TargetObjectiveMetricValue")
        patience = criteria.get("BestObjectiveNotImproving", {})
        self._patience: int | None = patience.get("MaxNumberOfTrainingJobsNotImproving")
        self._best: float | None = None
        self._not_improving = 0

    def met_by(self, value: float) -> bool:
        """Whether the tuning job is to complete now that a trial has achieved this."""
        good = self._sign * value
        if self._best is None or good > self._best:
            self._best, self._not_improving = good, 0
        else:
            self._not_improving += 1
        reached = self._target is not None and good >= self._sign * self._target
        return reached or (self._patience is not None and self._not_improving >= self._patience)
