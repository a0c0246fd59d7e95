"""The trials of a search for hyperparameters: what each tried, what it reached, and where that lies in a plot."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The task whose result names them.
CHOOSE = "choose_hyperparameters"
_SHOWN = 5  # of the best, in the terminal
_TICKS = 4  # about so many lines of the plot's scale
_SAME = 1e-9  # objectives that differ by less, relatively, are drawn as one
_TINY = 1e-9  # no scale is finer


@dataclass(frozen=True)
class Trial:
    """One of them."""

    number: int
    status: str
    #: None for one that ended before it measured itself.
    objective: float | None
    hyperparameters: dict[str, Any]
    job: str


@dataclass(frozen=True)
class Trials:
    """All of a search, in order of creation."""

    metric: str
    trials: tuple[Trial, ...]
    #: Whether the best is the largest objective or the smallest.
    goal: str = "Maximize"

    @property
    def sign(self) -> int:
        """What makes a smaller number of a better objective."""
        return -1 if self.goal == "Maximize" else 1

    @property
    def names(self) -> list[str]:
        """The hyperparameters that were searched."""
        return list(dict.fromkeys(name for trial in self.trials for name in trial.hyperparameters))

    def best(self, most: int = _SHOWN) -> list[Trial]:
        """The best that have an objective, best first; of equal ones the earlier."""
        measured = [trial for trial in self.trials if trial.objective is not None]
        return sorted(measured, key=lambda trial: self.sign * (trial.objective or 0.0))[:most]


def found(result: Mapping[str, Any]) -> Trials | None:
    """Read the trials from what the task returned; None when the run did not search."""
    listed = result.get("trial_list")
    if not isinstance(listed, list) or not listed:
        return None
    trials = [
        Trial(
            number,
            str(item["status"]),
            _finite(item["objective"]),
            dict(item["hyperparameters"]),
            str(item["job"]),
        )
        for number, item in enumerate(listed, 1)
    ]
    return Trials(str(result.get("metric", "objective")), tuple(trials), str(result.get("goal", "Maximize")))


def _finite(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


@dataclass(frozen=True)
class Point:
    """A trial in the plot; without an objective it stands on the lower edge."""

    x: float
    y: float
    trial: Trial


class Plot:
    """Objective by trial, in a drawing's units: y grows downwards.

    :param trials: at least one of them with an objective.
    """

    width, height = 720, 260
    left, right, top, bottom = 64, 16, 16, 40  # margins, with room for the labels

    def __init__(self, trials: Trials) -> None:
        self._count, self._sign = len(trials.trials), trials.sign
        self.measured = [trial.objective for trial in trials.trials if trial.objective is not None]
        self._ticks = ticks(min(self.measured), max(self.measured))
        self._low, self._high = self._ticks[0], self._ticks[-1]
        self.best = trials.best(1)[0]
        self.points = [Point(self.x(trial.number), self.y(trial.objective), trial) for trial in trials.trials]

    def x(self, number: int) -> float:
        """Where a trial stands."""
        room = self.width - self.left - self.right
        return round(self.left + room * (number - 0.5) / self._count, 1)

    def y(self, objective: float | None) -> float:
        """Where an objective lies."""
        room = self.height - self.top - self.bottom
        share = 0.0 if objective is None else (objective - self._low) / (self._high - self._low)
        return round(self.top + room * (1 - share), 1)

    @property
    def scale(self) -> list[tuple[float, str]]:
        """The lines of the scale and what stands beside them."""
        digits = max(0, -math.floor(math.log10(self._ticks[1] - self._ticks[0]) + 1e-9))
        return [(self.y(value), f"{value:.{digits}f}") for value in self._ticks]

    @property
    def numbers(self) -> list[tuple[float, int]]:
        """Trials named below the plot: all, or every fifth, tenth... so that they do not run into one another."""
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if self._count / step <= 20 or step == 500)
        return [(self.x(number), number) for number in range(1, self._count + 1) if number % step == 0 or step == 1]

    @property
    def best_so_far(self) -> str:
        """The path of the best objective until each trial: level, and a step at a trial that beat those before."""
        path, best = "", math.inf
        for point in self.points:
            objective = point.trial.objective
            if objective is not None and self._sign * objective < best:
                best = self._sign * objective
                path += f"H{point.x}V{point.y}" if path else f"M{point.x} {point.y}"
        return f"{path}H{self.width - self.right}"


def briefly(value: Any) -> str:
    """A hyperparameter's value: of a number four digits, however small it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers at equal distances that enclose a range, also one of (nearly) no length."""
    size = max(abs(low), abs(high))
    length = high - low if high - low > _SAME * size else size / 10 or 1.0
    rough = max(length, _TINY) / _TICKS
    digits = -math.floor(math.log10(rough))
    unit = 10.0**-digits
    step = unit * next(factor for factor in (1, 2, 5, 10) if factor * unit >= rough * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(place * step, digits + 1) for place in range(first, last + 1)]
