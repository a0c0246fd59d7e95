"""The machines of a step, and the one sentence by which a specification refuses a field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from trainyard.errors import SpecError

Scalar = int | float | str | bool


def require(condition: bool, field_name: str, problem: str) -> None:
    """Raise SpecError, naming the field, unless the condition holds."""
    if not condition:
        raise SpecError(f"{field_name}: {problem}")


@dataclass(frozen=True)
class Compute:
    """The machines of a step.

    Attributes:
        instance_type: e.g. ``ml.m5.xlarge`` (SageMaker) or ``m5.xlarge`` (EMR).
        instance_count: how many of them.
        volume_gb: the disk of each, encrypted with the model's key.
        time_limit: the service stops the job after this time, and so does the task.
        pool: the Airflow pool of which the step's task holds a slot while its job runs. One that counts deferred tasks
            and is as large as the account's quota keeps jobs from being refused; see docs/run-on-aws.md.
    """

    instance_type: str
    instance_count: int = 1
    volume_gb: int = 30
    time_limit: timedelta = timedelta(hours=4)
    pool: str = "default_pool"

    def __post_init__(self) -> None:
        known = re.fullmatch(r"(ml\.)?[a-z][a-z0-9-]*\.[a-z0-9]+", self.instance_type)
        require(known is not None, "Compute.instance_type", f"{self.instance_type!r} is none, e.g. 'ml.m5.xlarge'")
        require(1 <= self.instance_count <= 100, "Compute.instance_count", f"{self.instance_count} is not in 1..100")
        require(1 <= self.volume_gb <= 16384, "Compute.volume_gb", f"{self.volume_gb} is not in 1..16384")
        require(timedelta(minutes=1) <= self.time_limit <= timedelta(days=5),
                 "Compute.time_limit", f"{self.time_limit} is not between one minute and five days")  # fmt: skip
        require(0 < len(self.pool) <= 256, "Compute.pool", "a pool's name has 1 to 256 characters")

    @property
    def seconds(self) -> int:
        """The time limit as the services want it."""
        return int(self.time_limit.total_seconds())
