"""What a task knows while it runs: the account's settings, the run, and who it is itself.

The one place where the library reads Airflow's Variable, and it does so at run time only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Variable

from trainyard.aws.clients import Aws
from trainyard.aws.objects import Objects
from trainyard.errors import TrainyardError
from trainyard.job import Job, tags_of
from trainyard.names import Identity
from trainyard.run import Run
from trainyard.settings import VARIABLE, Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.spec import ModelSpec

RESOLVE = "resolve_run"  # the task whose answer every other task reads


class Runtime:
    """The surroundings of one task."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.ti: Any = context["ti"]
        self.settings = Settings.from_json(Variable.get(VARIABLE, default=None))
        self.aws = Aws(self.settings.region)

    @property
    def identity(self) -> Identity:
        """Which piece of work the task stands for."""
        return Identity.of(self.ti, max_tries=self.ti.max_tries, retries=self.ti.task.retries or 0)

    @property
    def objects(self) -> Objects:
        """The objects in S3."""
        return Objects(self.aws.client("s3"), self.settings.kms_key)

    def run(self) -> Run:
        """Return what the run is about, as its first task resolved it.

        Raises:
            TrainyardError: when that task has not succeeded.
        """
        found = self.ti.xcom_pull(task_ids=RESOLVE)
        if not found:
            raise TrainyardError(f"The task {RESOLVE!r} left no answer: clear it, with everything after it.")
        return Run.from_json(found)

    def job(self, spec: ModelSpec, run: Run, inputs: dict[str, Any], *, replacement: int = 0, limit: int = 63) -> Job:
        """Return the job that this task is about to ask for."""
        identity = self.identity
        step = identity.task.rsplit(".", 1)[-1]
        tags = tags_of(
            bucket=self.settings.bucket,
            model=spec.name,
            partition=run.partition,
            dag_id=self.ti.dag_id,
            run_id=self.ti.run_id,
            task_id=identity.task,
        )
        return Job(
            name=identity.job_name(spec.name, replacement, limit),
            place=run.place(step, identity.token(replacement)),
            spec=spec,
            settings=self.settings,
            run=run,
            inputs=inputs,
            tags=tags,
        )
