"""What a DAG author writes: one frozen ``ModelSpec`` per model, checked when the file is parsed.

A wrong field is an import error that names it, seconds after saving. Nothing here looks at the network, the clock, the
environment or a database. Variants are made with ``dataclasses.replace``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from trainyard.compute import Compute, require
from trainyard.errors import SpecError
from trainyard.gate import Gate
from trainyard.partitions import Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = [
    "Between",
    "Calendar",
    "Compute",
    "Gate",
    "ModelSpec",
    "Search",
    "Serving",
    "Source",
    "Spark",
    "Training",
]

_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_METRIC = re.compile(r"[A-Za-z][A-Za-z0-9@:._-]*")
Scalar = int | float | str | bool


@dataclass(frozen=True)
class Source:
    """Where the data comes from.

    Attributes:
        table: the table whose partitions must be complete, as ``shop.partitions`` names it.
        sql: the SELECT below ``sql/``; it sees ``{{ partition_start }}`` and ``{{ partition_end }}``.
        partitions: the table of complete partitions.
        time_limit: the longest time the statement may run.
        patience: how long to wait for the source partition to be complete.
    """

    table: str
    sql: str
    partitions: str = "shop.partitions"
    time_limit: timedelta = timedelta(hours=2)
    patience: timedelta = timedelta(days=2)

    def __post_init__(self) -> None:
        for name in ("table", "partitions"):
            require(re.fullmatch(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*", getattr(self, name)) is not None,
                     f"Source.{name}", f"{getattr(self, name)!r} is not schema.table")  # fmt: skip
        require(
            self.sql.endswith(".sql") and not self.sql.startswith("/"),
            "Source.sql",
            f"{self.sql!r} is no file below sql/",
        )


@dataclass(frozen=True)
class Spark:
    """The preprocessing on EMR.

    Attributes:
        script: the job below ``spark_jobs/``.
        arguments: what it is called with besides ``--input`` and ``--output``.
        compute: machines and time limit of the step. The count is that of the core nodes; one primary comes with it.
        release: the EMR release; it decides the version of Spark.
        on: ``emr`` makes a cluster for the run and ends it. ``emr-serverless`` runs in the account's application, whose
            release must be this one: nothing to start or end, workers of the service's usual size, as many at most as
            ``compute`` says; its instance type means nothing there.
    """

    script: str
    arguments: Mapping[str, Scalar] = field(default_factory=dict)
    compute: Compute = Compute("m5.xlarge", instance_count=2, volume_gb=64)
    release: str = "emr-spark-8.1.0"
    on: Literal["emr", "emr-serverless"] = "emr"

    def __post_init__(self) -> None:
        require(self.script.endswith(".py") and not self.script.startswith("/"),
                 "Spark.script", f"{self.script!r} is no file below spark_jobs/")  # fmt: skip
        taken = {"input", "output"} & set(self.arguments)
        require(not taken, "Spark.arguments", f"{sorted(taken)} are set by the pipeline")
        require(self.release.startswith("emr-"), "Spark.release", f"{self.release!r} is no EMR release label")
        require(self.on in ("emr", "emr-serverless"), "Spark.on", f"{self.on!r} is neither 'emr' nor 'emr-serverless'")


@dataclass(frozen=True)
class Training:
    """The training in script mode.

    Attributes:
        folder: the folder below ``training_jobs/``, which holds ``train.py``.
        image: the container image, a short name (see ``images``) or a full URI.
        hyperparameters: their defaults; the form may override those it lists.
        metrics: name of each metric to the regular expression that finds it in the log.
        compute: machines and time limit.
        channel: the name of the input channel.
    """

    folder: str
    image: str
    hyperparameters: Mapping[str, Scalar]
    metrics: Mapping[str, str]
    compute: Compute = Compute("ml.m5.xlarge")
    channel: str = "examples"

    def __post_init__(self) -> None:
        require(_NAME.fullmatch(self.folder) is not None, "Training.folder", f"{self.folder!r} is no folder name")
        require(bool(self.image), "Training.image", "is empty")
        for name, regex in self.metrics.items():
            require(_METRIC.fullmatch(name) is not None, "Training.metrics", f"{name!r} is no metric name")
            try:
                groups = re.compile(regex).groups
            except re.error as error:
                raise SpecError(f"Training.metrics[{name!r}]: {error}") from None
            require(groups == 1, f"Training.metrics[{name!r}]", "needs exactly one group: the number")


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
        objective: the metric to maximize, one of ``Training.metrics``.
        ranges: hyperparameter to the range, or to the values, to choose from.
        trials: how many trainings in all.
        parallel: how many at a time.
        strategy: ``Bayesian`` learns from earlier trials; ``Random`` does not.
    """

    objective: str
    ranges: Mapping[str, Between | tuple[Scalar, ...]]
    trials: int = 6
    parallel: int = 2
    strategy: Literal["Bayesian", "Random"] = "Bayesian"

    def __post_init__(self) -> None:
        require(1 <= len(self.ranges) <= 30, "Search.ranges", "needs 1 to 30 hyperparameters")
        require(1 <= self.trials <= 750, "Search.trials", f"{self.trials} is not in 1..750")
        require(1 <= self.parallel <= min(self.trials, 100), "Search.parallel", f"{self.parallel} is not in 1..trials")


@dataclass(frozen=True)
class Serving:
    """The live endpoint, and scoring in batch with the same image.

    Attributes:
        endpoint: the endpoint's name.
        image: the container image, a short name or a full URI.
        compute: machines of the endpoint.
        scoring: machines and time limit of the batch scoring.
        environment: variables of the container.
        keep: how many former versions stay ready to go back to, beside the live one.
    """

    endpoint: str
    image: str
    compute: Compute = Compute("ml.m5.large")
    scoring: Compute = Compute("ml.m5.xlarge")
    environment: Mapping[str, str] = field(default_factory=dict)
    keep: int = 3

    def __post_init__(self) -> None:
        require(1 <= self.keep <= 100, "Serving.keep", f"{self.keep} is not in 1..100")
        require(re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", self.endpoint) is not None,
                 "Serving.endpoint", f"{self.endpoint!r} is no endpoint name")  # fmt: skip
        require(bool(self.image), "Serving.image", "is empty")


@dataclass(frozen=True)
class ModelSpec:
    """Everything that is particular to one model."""

    name: str
    source: Source
    spark: Spark
    training: Training
    search: Search
    gate: Gate
    serving: Serving
    evaluation: Compute = Compute("ml.m5.xlarge", time_limit=timedelta(hours=1))
    calendar: Calendar = Calendar.WEEKLY

    def __post_init__(self) -> None:
        require(_NAME.fullmatch(self.name) is not None, "ModelSpec.name",
                 f"{self.name!r} must be 2 to 32 lower-case letters, digits and underscores")  # fmt: skip
        objective, metrics = self.search.objective, sorted(self.training.metrics)
        require(objective in metrics, "Search.objective", f"{objective!r} is not one of Training.metrics {metrics}")
