"""One job of a task: what it is made from before it exists, and what it left when it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainyard.manifests import File, Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from trainyard.paths import Place
    from trainyard.run import Run
    from trainyard.settings import Settings
    from trainyard.spec import ModelSpec


@dataclass(frozen=True)
class Job:
    """A job that is about to be asked for.

    Attributes:
        name: its name, the same for every try of the same generation.
        place: where it leaves its output; empty before.
        spec: the model.
        settings: the account.
        run: what the run is about.
        inputs: what earlier steps returned, by the names that the step gave them.
        tags: who it belongs to, for bills and for sweeping up.
    """

    name: str
    place: Place
    spec: ModelSpec
    settings: Settings
    run: Run
    inputs: Mapping[str, Any]
    tags: Mapping[str, str]

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags as AWS wants them."""
        return [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())]

    def instance_type(self, step: str, default: str) -> str:
        """Return the instance type of a step: the account's choice, else the model's."""
        return self.settings.instance_types.get(step, default)

    def manifest(
        self,
        files: list[File],
        *,
        now: datetime,
        made_from: list[str],
        rows: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Describe what the job left in its place."""
        return Manifest.make(
            self.place,
            files,
            created_at=now,
            code_version=self.run.code_version,
            made_from=made_from,
            rows=rows,
            facts={"job": self.name} | dict(facts or {}),
        )


def tags_of(*, bucket: str, model: str, partition: str, dag_id: str, run_id: str, task_id: str) -> dict[str, str]:
    """Return the tags that every object a run makes carries. The bucket stands for the Airflow that made it."""
    tags = {
        "trainyard:bucket": bucket,
        "trainyard:model": model,
        "trainyard:partition": partition,
        "trainyard:dag": dag_id,
        "trainyard:run": run_id,
        "trainyard:task": task_id,
    }
    return {
        key: "".join(c if c.isalnum() or c in " _.:/=+-@" else "-" for c in value)[:256] for key, value in tags.items()
    }


def seconds_of(description: Mapping[str, Any], kind: str) -> float | None:
    """Return how long a job of SageMaker ran; None where its description does not say.

    Args:
        description: of a processing or a transform job.
        kind: ``Processing`` or ``Transform``: how the names of its times begin.
    """
    start, end = description.get(f"{kind}StartTime"), description.get(f"{kind}EndTime")
    return round((end - start).total_seconds(), 3) if start and end else None
