"""TrainingJobEarlyStoppingType Auto: which trials of a tuning job are not worth going on with.

The rule is the developer guide's ("Stop Training Jobs Early"): after each epoch, the running averages of the objective
over all previous training jobs up to the same epoch are taken, and of them the median; a job whose objective is worse
than that is stopped. From how many previous jobs on SageMaker does so is not documented; here it is three.
"""

from statistics import fmean, median

_ENOUGH = 3


class MedianRule:
    """Remembers the objective of each trial, epoch by epoch.

    :param kind: ``Maximize`` or ``Minimize``.
    """

    def __init__(self, kind: str) -> None:
        self._sign = 1 if kind == "Maximize" else -1
        self._values: dict[str, list[float]] = {}
        self._previous: set[str] = set()
        self._stopped: set[str] = set()

    def gives_up(self, trial: str, value: float) -> bool:
        """Take in the value of a trial's next epoch; says, once, whether the trial is to be stopped."""
        values = self._values.setdefault(trial, [])
        values.append(value)
        epoch = len(values)
        before = [self._values[name] for name in self._previous if len(self._values[name]) >= epoch]
        if len(before) < _ENOUGH or trial in self._stopped:
            return False
        if self._sign * value >= median(self._sign * fmean(earlier[:epoch]) for earlier in before):
            return False
        self._stopped.add(trial)
        return True

    def ended(self, trial: str) -> None:
        """A trial has ended well, or was stopped: from now on others are compared with it."""
        if trial in self._values:
            self._previous.add(trial)
