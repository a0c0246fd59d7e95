"""What a DAG author writes: one frozen ``ModelSpec`` per model, checked when the file is parsed.

A wrong field is an import error that names it, seconds after saving. Nothing here looks at the network, the clock, the
environment or a database. Variants are made with ``dataclasses.replace``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from trainyard.calendars import Calendar
from trainyard.compute import Compute, Scalar, require
from trainyard.data import Scores, Source, Spark
from trainyard.gate import Gate
from trainyard.git_source import GitCode
from trainyard.learning import Between, Search, Training

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Between",
    "Calendar",
    "Compute",
    "Gate",
    "GitCode",
    "ModelSpec",
    "Scalar",
    "Scores",
    "Search",
    "Serving",
    "Source",
    "Spark",
    "Training",
]

_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_TAKEN = frozenset({"code", "events", "landing", "logs", "tmp"})  # what lies beside the models in the bucket


@dataclass(frozen=True)
class Serving:
    """The live endpoint, and scoring in batch with the same image.

    Attributes:
        endpoint: the endpoint's name.
        image: the container image, a short name or a full URI.
        script: whether the image runs the model's own ``inference.py``; else it is run as it is.
        content_type: what it is asked in, and answers in: JSON, or CSV where the image knows nothing else.
        compute: machines of the endpoint.
        scoring: machines and time limit of the batch scoring.
        environment: variables of the container.
        max_payload_mb: the longest request of the batch scoring; None leaves it to the container, else 6.
        concurrent: how many of them at a time and machine; None leaves it to the container, else 1.
        keep: how many former versions stay ready to go back to, beside the live one.
    """

    endpoint: str
    image: str
    compute: Compute = Compute("ml.m5.large")
    scoring: Compute = Compute("ml.m5.xlarge")
    environment: Mapping[str, str] = field(default_factory=dict)
    keep: int = 3
    max_payload_mb: int | None = None
    concurrent: int | None = None
    script: bool = True
    content_type: Literal["application/json", "text/csv"] = "application/json"

    @property
    def batch_content_type(self) -> str:
        """What a file of many requests is: JSON Lines, or CSV."""
        return "application/jsonlines" if self.content_type == "application/json" else self.content_type

    def __post_init__(self) -> None:
        # CreateTransformJob: at most 100 MB under way at once.
        require((self.max_payload_mb or 6) * (self.concurrent or 1) <= 100 and (self.concurrent or 1) >= 1
                and (self.max_payload_mb or 6) >= 1,
                "Serving.max_payload_mb", "times Serving.concurrent must be 1 to 100 MB")  # fmt: skip
        require(1 <= self.keep <= 100, "Serving.keep", f"{self.keep} is not in 1..100")
        require(re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", self.endpoint) is not None,
                 "Serving.endpoint", f"{self.endpoint!r} is no endpoint name")  # fmt: skip
        require(bool(self.image), "Serving.image", "is empty")


@dataclass(frozen=True)
class ModelSpec:
    """Everything that is particular to one model.

    Attributes:
        name: of the model, of its folder in the bucket and of its group in the registry.
        in_order: whether a partition builds on the one before: then it fails at once where that one has no result, and
            a backfill goes through its range one partition at a time.
    """

    name: str
    source: Source
    spark: Spark
    training: Training
    search: Search
    gate: Gate
    serving: Serving
    evaluation: Compute = Compute("ml.m5.xlarge", time_limit=timedelta(hours=1))
    calendar: Calendar = Calendar.WEEKLY
    scores: Scores | None = None
    in_order: bool = False

    def __post_init__(self) -> None:
        require(_NAME.fullmatch(self.name) is not None, "ModelSpec.name",
                 f"{self.name!r} must be 2 to 32 lower-case letters, digits and underscores")  # fmt: skip
        require(self.name not in _TAKEN, "ModelSpec.name", f"{self.name!r} is a folder of the bucket's own")
        objective, metrics = self.search.objective, sorted(self.training.metrics)
        known = objective in metrics or not (metrics or self.training.script)  # a built-in algorithm has its own
        require(known, "Search.objective", f"{objective!r} is not one of Training.metrics {metrics}")
        clash = sorted(set(self.source.datasets) & set(self.spark.arguments))
        require(not clash, "Spark.arguments", f"{clash} are the names of datasets, which the pipeline sets")
        csv = self.serving.content_type == "text/csv"
        require(csv or not self.scores, "Serving.content_type", "scores go back to the warehouse as 'text/csv'")
