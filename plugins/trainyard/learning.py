"""How a model is trained: the algorithm, its hyperparameters, and the search for better ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from trainyard.compute import Compute, Scalar, require
from trainyard.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = re.compile(r"[a-z][a-z0-9_]{1,31}")
_METRIC = re.compile(r"[A-Za-z][A-Za-z0-9@:._-]*")


@dataclass(frozen=True)
class Training:
    """The training: in script mode, or by an image that is the algorithm itself (SageMaker's built-in ones, one's own).

    Attributes:
        folder: the folder below ``training_jobs/``: in script mode it holds ``train.py``.
        image: the container image, a short name (see ``images``) or a full URI.
        hyperparameters: their defaults; the form may override those it lists.
        metrics: name of each metric to the regular expression that finds it in the log. Built-in algorithms have
            theirs already.
        compute: machines and time limit. Of several machines each gets its share of the first channel's files.
        channels: the input channels: folders of the preprocessing's output. The default, ``examples``, is all of them
            in one.
        content_type: of the channels, where the algorithm asks for one.
        script: whether ``train.py`` is run by a framework's image; else the image is run as it is.
        evaluate: what judges the model: a file of the folder, run by the image's Python, or a program on the PATH of an
            image of one's own. It is called with the same options.
        spot_wait: train on spot machines, which cost less and may be taken away, and wait for them, and for new ones,
            at most so long beyond the time limit. Checkpoints keep what was done.
    """

    folder: str
    image: str
    hyperparameters: Mapping[str, Scalar]
    metrics: Mapping[str, str] = field(default_factory=dict)
    compute: Compute = Compute("ml.m5.xlarge")
    channels: tuple[str, ...] = ("examples",)
    content_type: str = ""
    script: bool = True
    evaluate: str = "evaluate.py"
    spot_wait: timedelta | None = None

    def __post_init__(self) -> None:
        require(_FOLDER.fullmatch(self.folder) is not None, "Training.folder", f"{self.folder!r} is no folder name")
        require(bool(self.image), "Training.image", "is empty")
        require(re.fullmatch(r"[a-z][a-z0-9_-]*(\.py)?", self.evaluate) is not None,
                "Training.evaluate", f"{self.evaluate!r} is no program")  # fmt: skip
        require(bool(self.channels), "Training.channels", "names no channel")
        require(self.spot_wait is None or self.spot_wait >= timedelta(0), "Training.spot_wait", "is negative")
        for name, regex in self.metrics.items():
            require(_METRIC.fullmatch(name) is not None, "Training.metrics", f"{name!r} is no metric name")
            try:
                groups = re.compile(regex).groups
            except re.error as error:
                raise SpecError(f"Training.metrics[{name!r}]: {error}") from None
            require(groups == 1, f"Training.metrics[{name!r}]", "needs exactly one group: the number")

    @property
    def time_limit(self) -> timedelta:
        """The longest time from its creation to its end."""
        return self.compute.time_limit + (self.spot_wait or timedelta(0))


@dataclass(frozen=True)
class Between:
    """A range that a search looks into. Two whole numbers make an integer range."""

    low: int | float
    high: int | float
    scale: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"

    def __post_init__(self) -> None:
        require(self.low < self.high, "Between", f"{self.low} is not below {self.high}")
        require(self.scale != "Logarithmic" or self.low > 0, "Between", "a logarithmic range begins above 0")

    @property
    def is_integer(self) -> bool:
        """Whether both ends are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class Search:
    """A hyperparameter search.

    Attributes:
        objective: the metric that decides, one of ``Training.metrics``.
        goal: whether the best is the largest or the smallest.
        ranges: hyperparameter to the range, or to the values, to choose from.
        trials: how many trainings in all.
        parallel: how many at a time.
        strategy: ``Bayesian`` learns from earlier trials; ``Random`` does not.
        early_stopping: end a trial that is behind what earlier ones had reached by then.
    """

    objective: str
    ranges: Mapping[str, Between | tuple[Scalar, ...]]
    trials: int = 6
    parallel: int = 2
    strategy: Literal["Bayesian", "Random"] = "Bayesian"
    early_stopping: bool = False
    goal: Literal["Maximize", "Minimize"] = "Maximize"

    def __post_init__(self) -> None:
        require(1 <= len(self.ranges) <= 30, "Search.ranges", "needs 1 to 30 hyperparameters")
        require(1 <= self.trials <= 750, "Search.trials", f"{self.trials} is not in 1..750")
        require(1 <= self.parallel <= min(self.trials, 100), "Search.parallel", f"{self.parallel} is not in 1..trials")
