"""What a model is made from: the SELECTs, the Spark job, and the table that its scores go back to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from trainyard.compute import Compute, Scalar, require

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATASET = re.compile(r"[a-z][a-z0-9]{1,31}")
_COLUMN = r"[a-z_][a-z0-9_]*"


@dataclass(frozen=True)
class Source:
    """Where the data comes from.

    Attributes:
        table: the table whose partitions must be complete, as ``shop.partitions`` names it.
        sql: the SELECT below ``sql/``; it sees ``{{ partition_start }}`` and ``{{ partition_end }}``. A pipeline that
            unloads several datasets names the SELECT of each; one file may serve several, since it also sees
            ``{{ dataset }}``.
        reads: whether the SELECTs read the ``history`` up to the partition's end, or the ``partition`` alone: it says
            which partitions must be built again when a load is corrected later.
        format: ``parquet``, or ``csv``: without a header, the columns in the order of the SELECT, one file.
        partitions: the table of complete partitions.
        time_limit: the longest time the statement may run.
        patience: how long to wait for the source partition to be complete.
    """

    table: str
    sql: str | Mapping[str, str]
    partitions: str = "shop.partitions"
    reads: Literal["history", "partition"] = "history"
    format: Literal["parquet", "csv"] = "parquet"
    time_limit: timedelta = timedelta(hours=2)
    patience: timedelta = timedelta(days=2)

    def __post_init__(self) -> None:
        for name in ("table", "partitions"):
            require(re.fullmatch(rf"{_COLUMN}\.{_COLUMN}", getattr(self, name)) is not None,
                    f"Source.{name}", f"{getattr(self, name)!r} is not schema.table")  # fmt: skip
        require(bool(self.datasets), "Source.sql", "names no dataset")
        for dataset, file in self.datasets.items():
            require(file.endswith(".sql") and not file.startswith("/"), "Source.sql", f"{file!r} is no file below sql/")
            require(not dataset or _DATASET.fullmatch(dataset) is not None,
                    "Source.sql", f"{dataset!r} must be 2 to 32 lower-case letters and digits")  # fmt: skip
        require(self.reads in ("history", "partition"), "Source.reads", "is neither 'history' nor 'partition'")
        require(self.format in ("parquet", "csv"), "Source.format", f"{self.format!r} is neither 'parquet' nor 'csv'")

    @property
    def datasets(self) -> Mapping[str, str]:
        """The SELECT of each dataset; a source of a single one has no name for it."""
        return {"": self.sql} if isinstance(self.sql, str) else self.sql


@dataclass(frozen=True)
class Spark:
    """The preprocessing on EMR.

    Attributes:
        script: the job below ``spark_jobs/``.
        arguments: what it is called with besides ``--input`` (or an option named after each dataset) and ``--output``.
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
        taken = {"input", "output", "encoding"} & set(self.arguments)
        require(not taken, "Spark.arguments", f"{sorted(taken)} are set by the pipeline")
        require(self.release.startswith("emr-"), "Spark.release", f"{self.release!r} is no EMR release label")
        require(self.on in ("emr", "emr-serverless"), "Spark.on", f"{self.on!r} is neither 'emr' nor 'emr-serverless'")


@dataclass(frozen=True)
class Scores:
    """The table of the warehouse that the scores go back to, one row for each key of the partition.

    It has the columns ``partition_start``, the key, ``score``, ``model_version`` and ``scored_at``, and is made when it
    is not there.

    Attributes:
        table: ``schema.table``. It belongs to one pipeline: each run replaces its partition, whole.
        key: the key's column. It comes first in what is scored, and is not shown to the model.
        key_type: the key's type in Redshift.
    """

    table: str
    key: str
    key_type: str = "varchar(256)"

    def __post_init__(self) -> None:
        require(re.fullmatch(rf"{_COLUMN}\.{_COLUMN}", self.table) is not None,
                "Scores.table", f"{self.table!r} is not schema.table")  # fmt: skip
        require(re.fullmatch(_COLUMN, self.key) is not None, "Scores.key", f"{self.key!r} is no column")
        require(re.fullmatch(r"[a-z0-9 ]+(\(\d+\))?", self.key_type) is not None,
                "Scores.key_type", f"{self.key_type!r} is no type")  # fmt: skip
