"""What one run of a pipeline is about. Resolved once, by the first task; every later task reads the same answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from trainyard.paths import Place

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Run:
    """The answers that every step of a run shares.

    Attributes:
        model: the model's name.
        partition: the first day of the partition, by the clocks of the calendar's time zone.
        partition_end: the first day after it.
        bucket: where everything is kept.
        code_version: the version of SQL, Spark job and training code that the run uses, from first to last task.
        code_prefix: where that version lies, with the ``/`` at its end.
        run_type: Airflow's word: scheduled, manual, backfill, asset_triggered...
        release: whether the run may touch what is live.
        release_reason: why, or why not.
        hyperparameters: what the form overrides.
        tune: whether to search hyperparameters first.
        warm_start: former searches that this one learns from.
        starts_at: the first instant of the partition as SQL sees it, in UTC: a date where days are UTC's, else a date
            with a time; see ``partitions.Partition.bounds``.
        ends_at: the first instant after it.
        began_at: when it was resolved, ISO 8601 in UTC: the order of runs. Airflow's own start of a run changes when
            one of its tasks is cleared, and then an old run would look like a new one.
    """

    model: str
    partition: str
    partition_end: str
    bucket: str
    code_version: str
    code_prefix: str
    run_type: str
    release: bool
    release_reason: str
    tune: bool = False
    warm_start: tuple[str, ...] = ()
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    starts_at: str = ""
    ends_at: str = ""
    began_at: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", self.starts_at or self.partition)
        object.__setattr__(self, "ends_at", self.ends_at or self.partition_end)

    def to_json(self) -> dict[str, Any]:
        """Return the run as XCom keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        """Read the run back from XCom."""
        return cls(**dict(data) | {"warm_start": tuple(data.get("warm_start", ()))})

    def place(self, step: str, token: str) -> Place:
        """Return where a step's piece of work leaves its output."""
        return Place(bucket=self.bucket, model=self.model, partition=self.partition, step=step, token=token)
